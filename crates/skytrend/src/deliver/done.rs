//! How a webhook can be done with an alert.

/// Why an alert could not be delivered: the names are those of dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadReason {
    /// The receiver answered that it never will take it.
    Refused,
    /// It did not take it within the attempts.
    Unanswered,
}

impl DeadReason {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "webhook_refused",
            Self::Unanswered => "webhook_unanswered",
        }
    }
}

/// What became of an alert.
pub enum Done {
    /// The receiver has it.
    Delivered,
    /// Given up, and what the last attempt said.
    Dead(DeadReason, String),
    /// Too old to be sent.
    Expired,
    /// Not to be sent: moderation hides its keyword.
    Hidden,
    /// The program ends; the alert is sent after the next start.
    Interrupted,
}
