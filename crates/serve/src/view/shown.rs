//! What may be shown of the fold: keywords that moderation hides are left out, as trends, alerts, terms and related
//! keywords, and so are the sample posts that have them.

use std::collections::HashMap;
use std::sync::Arc;

use skytrend_event::{Alert, KeywordKind, SamplePost, Trend, WindowKind};

use super::CurrentTrends;
use crate::KeywordPath;
use crate::moderation::Rules;

/// The rules in force, and what they made of what was published last: what has not changed is not made anew, and stays
/// the same to those who compare.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// None: nothing is hidden.
    pub(super) rules: Option<Arc<dyn Rules>>,
    sliding: Option<Moderated>,
    tumbling: Option<Moderated>,
    /// By the address of the record, which is held so that no other one gets it.
    alerts: HashMap<usize, (Arc<Alert>, Option<Arc<Alert>>)>,
}

#[derive(Debug)]
struct Moderated {
    all: Arc<CurrentTrends>,
    shown: Arc<CurrentTrends>,
    hidden: Vec<Arc<Trend>>,
}

impl Shown {
    pub(super) fn set_rules(&mut self, rules: Option<Arc<dyn Rules>>) {
        *self = Self { rules, ..Self::default() };
    }

    /// Whether a keyword must not be shown.
    pub(super) fn hides(&self, kind: KeywordKind, normalized_keyword: &str, language: &str) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.hide(kind, normalized_keyword, language))
    }

    /// The window as it may be shown, and the trends that may not.
    pub(super) fn trends(
        &mut self,
        window: WindowKind,
        all: Option<Arc<CurrentTrends>>,
    ) -> (Option<Arc<CurrentTrends>>, Vec<Arc<Trend>>) {
        let (Some(rules), Some(all)) = (&self.rules, &all) else { return (all, Vec::new()) };
        let known = match window {
            WindowKind::Sliding => &mut self.sliding,
            WindowKind::Tumbling => &mut self.tumbling,
        };
        let moderated = match known.take() {
            Some(known) if Arc::ptr_eq(&known.all, all) => known,
            _ => {
                let (shown, hidden) = moderate(all, rules.as_ref());
                Moderated { all: Arc::clone(all), shown: Arc::new(shown), hidden }
            }
        };
        let known = known.insert(moderated);
        (Some(Arc::clone(&known.shown)), known.hidden.clone())
    }

    pub(super) fn alerts(&mut self, all: Vec<Arc<Alert>>) -> Vec<Arc<Alert>> {
        let Some(rules) = &self.rules else { return all };
        let mut known = std::mem::take(&mut self.alerts);
        let mut shown = Vec::with_capacity(all.len());
        for alert in all {
            let address = Arc::as_ptr(&alert) as usize;
            let (alert, moderated) = known.remove(&address).unwrap_or_else(|| {
                let moderated = shown_alert(&alert, rules.as_ref());
                (alert, moderated)
            });
            shown.extend(moderated.clone());
            self.alerts.insert(address, (alert, moderated));
        }
        shown
    }
}

/// The window without what the rules hide, and the trends that they hide.
pub(super) fn moderate(all: &CurrentTrends, rules: &dyn Rules) -> (CurrentTrends, Vec<Arc<Trend>>) {
    let (mut trends, mut hidden) = (Vec::with_capacity(all.trends.len()), Vec::new());
    for trend in &all.trends {
        match shown_trend(trend, rules) {
            Some(shown) => trends.push(shown),
            None => hidden.push(Arc::clone(trend)),
        }
    }
    (CurrentTrends { window_start: all.window_start, window_end: all.window_end, trends }, hidden)
}

/// None where its keyword is hidden.
pub(super) fn shown_trend(trend: &Arc<Trend>, rules: &dyn Rules) -> Option<Arc<Trend>> {
    if rules.hide(trend.kind, &trend.normalized_keyword, &trend.language) {
        return None;
    }
    let is_hidden = |keyword: &String| is_hidden(keyword, &trend.language, rules);
    let has_hidden = trend.terms.iter().chain(&trend.related).any(is_hidden)
        || has_hidden_post(&trend.sample_posts, rules);
    if !has_hidden {
        return Some(Arc::clone(trend));
    }
    let mut shown = Trend::clone(trend);
    shown.terms.retain(|term| !is_hidden(term));
    shown.related.retain(|keyword| !is_hidden(keyword));
    shown.sample_posts.retain(|post| !rules.hide_text(&post.text));
    Some(Arc::new(shown))
}

/// None where its keyword is hidden. An alert of a watchlist is about no keyword, but has posts.
pub(super) fn shown_alert(alert: &Arc<Alert>, rules: &dyn Rules) -> Option<Arc<Alert>> {
    if alert.watchlist.is_none() && rules.hide(alert.keyword_kind, &alert.normalized_keyword, &alert.language)
    {
        return None;
    }
    if !has_hidden_post(&alert.sample_posts, rules) {
        return Some(Arc::clone(alert));
    }
    let mut shown = Alert::clone(alert);
    shown.sample_posts.retain(|post| !rules.hide_text(&post.text));
    Some(Arc::new(shown))
}

fn has_hidden_post(posts: &[SamplePost], rules: &dyn Rules) -> bool {
    posts.iter().any(|post| rules.hide_text(&post.text))
}

/// A keyword as it is shown, whose kind is seen by its form.
fn is_hidden(keyword: &str, language: &str, rules: &dyn Rules) -> bool {
    let Ok(path) = KeywordPath::parse(keyword) else { return false };
    path.keys().iter().any(|key| rules.hide(key.kind, &key.normalized_keyword, language))
}
