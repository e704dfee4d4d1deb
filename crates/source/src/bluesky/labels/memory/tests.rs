use std::collections::HashMap;

use proptest::prelude::*;
use skytrend_event::{AtUri, Did, EventId, PostAction, PostData, PostEvent};

use super::*;

const HOST: &str = "wss://labeler.example";
const SRC: &str = "did:plc:ar7c4by46qjdydhdevvrndac";
const NOW: Micros = Micros(1_000_000);

fn hiding() -> HidingLabels {
    let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    HidingLabels {
        labelers: set(&[HOST]),
        of_posts: set(&["spam", "porn"]),
        of_accounts: set(&["spam", "!hide"]),
    }
}

fn did(number: u64) -> Did<'static> {
    Did::parse(format!("did:web:a{number}.example")).unwrap()
}

fn uri(number: u64) -> AtUri<'static> {
    AtUri::parse(format!("at://{}/app.bsky.feed.post/3l", did(number))).unwrap()
}

fn on_account(number: u64, value: &str) -> Label<'_> {
    let subject = LabelSubject::Account(did(number));
    let (is_negated, created_at, expires_at) = (false, Micros(0), None);
    Label { src: Did::parse(SRC).unwrap(), subject, value, is_negated, created_at, expires_at }
}

fn on_post(number: u64, value: &str) -> Label<'_> {
    let subject = LabelSubject::Record { did: did(number), uri: uri(number) };
    Label { subject, ..on_account(number, value) }
}

fn post(number: u64, action: PostAction) -> Event<'static> {
    let data = (action == PostAction::Created).then(PostData::default);
    let (uri, author_did, event_id) = (uri(number), did(number), EventId(number));
    Event::Post(PostEvent { action, uri, author_did, rev: None, witnessed_at: NOW, event_id, data })
}

fn created(number: u64) -> Event<'static> {
    post(number, PostAction::Created)
}

fn restored(hiding: HidingLabels, states: &HashMap<String, Vec<u8>>) -> Labelled {
    Labelled::restore(hiding, |name| Ok::<_, InvalidMemory>(states.get(name))).unwrap()
}

#[test]
fn only_values_that_hide_the_subject_do() {
    let mut labelled = Labelled::new(hiding());
    assert_eq!(labelled.take(&on_account(1, "porn"), HOST, NOW), Effect::None);
    assert_eq!(labelled.take(&on_post(1, "!warn"), HOST, NOW), Effect::None);
    assert!(!labelled.hide(&created(1), NOW));
    assert_eq!(labelled.take(&on_post(1, "porn"), HOST, NOW), Effect::Hides);
    assert_eq!(labelled.take(&on_account(2, "!hide"), HOST, NOW), Effect::Hides);
    assert!(labelled.hide(&created(1), NOW) && labelled.hide(&created(2), NOW));
    assert!(!labelled.hide(&created(3), NOW));
}

#[test]
fn labels_on_profiles_and_other_things_hide_nothing() {
    let mut labelled = Labelled::new(hiding());
    let profile = AtUri::parse(format!("at://{}/app.bsky.actor.profile/self", did(1))).unwrap();
    let subject = LabelSubject::Record { did: did(1), uri: profile };
    assert_eq!(labelled.take(&Label { subject, ..on_account(1, "spam") }, HOST, NOW), Effect::None);
    let other = Label { subject: LabelSubject::Other, ..on_account(1, "spam") };
    assert_eq!(labelled.take(&other, HOST, NOW), Effect::None);
}

#[test]
fn withdrawals_are_let_through() {
    let mut labelled = Labelled::new(hiding());
    labelled.take(&on_account(1, "spam"), HOST, NOW);
    assert!(!labelled.hide(&post(1, PostAction::Deleted), NOW));
    assert!(!labelled.hide(&post(1, PostAction::AuthorRemoved), NOW));
}

#[test]
fn a_subject_is_hidden_until_every_label_is_off() {
    let mut labelled = Labelled::new(hiding());
    assert_eq!(labelled.take(&on_account(1, "spam"), HOST, NOW), Effect::Hides);
    assert_eq!(labelled.take(&on_account(1, "!hide"), HOST, NOW), Effect::Known);
    let off = |value| Label { is_negated: true, ..on_account(1, value) };
    assert_eq!(labelled.take(&off("spam"), HOST, NOW), Effect::Negates);
    assert!(labelled.hide(&created(1), NOW));
    labelled.take(&off("!hide"), HOST, NOW);
    assert!(!labelled.hide(&created(1), NOW));
    assert_eq!(labelled.take(&on_account(1, "spam"), HOST, NOW), Effect::Hides, "it is labelled anew");
}

#[test]
fn nobody_takes_off_what_another_has_put_on() {
    let mut labelled = Labelled::new(hiding());
    labelled.take(&on_account(1, "spam"), HOST, NOW);
    let of_another = Label { src: did(9), is_negated: true, ..on_account(1, "spam") };
    labelled.take(&of_another, HOST, NOW);
    assert!(labelled.hide(&created(1), NOW));
}

#[test]
fn a_label_expires() {
    let mut labelled = Labelled::new(hiding());
    let until = |micros| Label { expires_at: Some(Micros(micros)), ..on_account(1, "spam") };
    assert_eq!(labelled.take(&until(NOW.0), HOST, NOW), Effect::Expired);
    assert_eq!(labelled.take(&until(NOW.0 + 5), HOST, NOW), Effect::Hides);
    assert!(labelled.hide(&created(1), NOW.plus(4)) && !labelled.hide(&created(1), NOW.plus(5)));
    assert_eq!(labelled.take(&until(NOW.0 + 9), HOST, NOW.plus(5)), Effect::Hides, "it is prolonged");
    assert!(labelled.hide(&created(1), NOW.plus(8)));
}

#[test]
fn at_the_limit_the_first_noted_is_forgotten() {
    let mut notes = Notes::new("notes", 3);
    for subject in 0..5 {
        notes.insert(subject, 0, 0, NEVER);
    }
    assert_eq!([0, 1, 2, 3, 4].map(|subject| notes.hide(subject, NOW)), [false, false, true, true, true]);
    assert_eq!(notes.places.len(), 3);
}

#[test]
fn what_is_not_in_the_settings_any_more_is_not_restored() {
    let mut labelled = Labelled::new(hiding());
    labelled.take(&on_account(1, "spam"), HOST, NOW);
    labelled.take(&on_account(2, "!hide"), HOST, NOW);
    let states: HashMap<_, _> = labelled.changed_states().into_iter().collect();
    let mut fewer = hiding();
    fewer.of_accounts.remove("spam");
    let again = restored(fewer, &states);
    assert_eq!([1, 2].map(|number| again.hide(&created(number), NOW)), [false, true]);
    let nobody = HidingLabels { labelers: BTreeSet::new(), ..hiding() };
    assert!(!restored(nobody, &states).hide(&created(2), NOW));
}

#[test]
fn a_damaged_state_is_named() {
    for bytes in [vec![], vec![2], vec![1, 0], vec![1; 1 + NOTE_BYTES - 1]] {
        let load = |name: &str| Ok::<_, InvalidMemory>(name.ends_with("posts/7").then(|| bytes.clone()));
        let error = Labelled::restore(hiding(), load).unwrap_err();
        assert_eq!(error.name, "ingest/labelled-posts/7");
    }
}

proptest! {
    /// Whatever is labelled in whatever order, what is restored is what was committed; a commit writes what changed.
    #[test]
    fn states_bring_back_the_memory(
        steps in prop::collection::vec((0..20_u64, any::<bool>(), any::<bool>(), 0..3_i64, any::<bool>()), 0..400)
    ) {
        let mut labelled = Labelled::new(hiding());
        labelled.accounts.max = 300;
        let mut states = HashMap::new();
        for (number, on_an_account, is_negated, expiry, commits) in steps {
            let label = if on_an_account { on_account(number, "spam") } else { on_post(number, "spam") };
            let expires_at = (expiry > 0).then(|| NOW.plus(expiry));
            labelled.take(&Label { is_negated, expires_at, ..label }, HOST, NOW);
            if commits {
                states.extend(labelled.changed_states());
            }
        }
        states.extend(labelled.changed_states());
        let again = restored(hiding(), &states);
        for (number, now) in (0..20).flat_map(|number| (0..3).map(move |later| (number, NOW.plus(later)))) {
            prop_assert_eq!(again.hide(&created(number), now), labelled.hide(&created(number), now));
        }
    }
}
