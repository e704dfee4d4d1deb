//! The topics of planted trends, readable for people, and the sentences in which they are told. A sentence is a
//! row of tokens: `{n}`, `{a}`, `{v}` are filled with a noun, adjective, verb; `{w}` with a word of the topic's
//! language; `#Word` is a hashtag; [`FUNCTION_WORDS`] and tokens of two letters count for nothing; every other
//! token is a keyword.
//!
//! [`FUNCTION_WORDS`]: crate::world::words::FUNCTION_WORDS

/// A topic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Topic {
    /// The words and hashtags that trend, the main one first.
    pub(crate) keywords: &'static [&'static str],
    /// `en`, or the tag of the language whose words fill the sentences.
    pub(crate) language: &'static str,
    /// At least two ways to tell it; each has at least one keyword.
    pub(crate) sentences: &'static [&'static str],
}

const fn en(keywords: &'static [&'static str], sentences: &'static [&'static str]) -> Topic {
    Topic { keywords, language: "en", sentences }
}

const fn of(
    language: &'static str,
    keywords: &'static [&'static str],
    sentences: &'static [&'static str],
) -> Topic {
    Topic { keywords, language, sentences }
}

/// All topics.
pub(crate) const TOPICS: &[Topic] = &[
    en(
        &["aurora", "borealis"],
        &[
            "the aurora over our {n} is {a} and {a}",
            "green aurora borealis over the {a} {n} and the {n}",
            "aurora here now! the {n} {v} all of the {n}",
            "we {v} the {n} and then there was the aurora borealis",
        ],
    ),
    en(
        &["earthquake", "#EarthquakeWatch"],
        &[
            "earthquake! the {n} and the {n} were shaking",
            "was that an earthquake? my {n} {v} the {n}",
            "{a} earthquake in our {n} #EarthquakeWatch",
            "all of the {n} {v} the earthquake and the {n} {v}",
        ],
    ),
    en(
        &["#WorldCupFinal", "goalkeeper"],
        &[
            "what a {a} dive by the goalkeeper #WorldCupFinal",
            "the {n} {v} and the goalkeeper {v} it #WorldCupFinal",
            "my {n} and my {n} can not watch this #WorldCupFinal",
            "that goalkeeper is {a} and {a} #WorldCupFinal",
        ],
    ),
    en(
        &["blackout", "outage"],
        &[
            "blackout in the {a} {n} and all of the {n}",
            "there is a blackout here, just {n} and {n}",
            "the outage {v} our {n} after the {n}",
            "blackout update: the outage is {a} and the {n} {v}",
        ],
    ),
    en(
        &["marsrover", "#Marsrover"],
        &[
            "the marsrover {v} a {a} {n} in the {n}",
            "the {n} from the marsrover, {a} and {a} #Marsrover",
            "the marsrover {v} the {n} before the {n}",
        ],
    ),
    en(
        &["wildfire", "evacuation"],
        &[
            "the wildfire {v} the {n} and the {a} {n}",
            "evacuation for all in the {n}, the wildfire is {a}",
            "wildfire smoky over our {n} and {n}",
            "they {v} the {n} while the wildfire {v} the {n}",
        ],
    ),
    en(
        &["eclipse", "#SolarEclipse"],
        &[
            "the eclipse over the {n} was {a} and {a}",
            "my {n} {v} the eclipse with a {a} {n} #SolarEclipse",
            "just {v} the eclipse from our {n}",
        ],
    ),
    en(
        &["#ElectionNight", "ballots"],
        &[
            "they {v} the ballots in the {a} {n} #ElectionNight",
            "{a} {n} and {a} {n} #ElectionNight",
            "why are the ballots in the {n}? #ElectionNight",
        ],
    ),
    en(
        &["heatwave"],
        &[
            "this heatwave {v} my {n} and my {n}",
            "a heatwave in the {n} and not a {a} {n}",
            "heatwave! our {n} {v} the {a} {n}",
        ],
    ),
    en(
        &["spacewalk", "astronauts"],
        &[
            "the astronauts {v} the {n} on their spacewalk",
            "{a} spacewalk! the astronauts {v} a {a} {n}",
            "my {n} and I {v} the spacewalk from the {n}",
        ],
    ),
    en(
        &["#SeriesFinale", "cliffhanger"],
        &[
            "that cliffhanger {v} my {n} #SeriesFinale",
            "the {n} and the {a} {n} were {a} #SeriesFinale",
            "what a {a} cliffhanger with the {n}",
        ],
    ),
    en(
        &["ferrystrike", "commuters"],
        &[
            "ferrystrike again: the commuters {v} the {n}",
            "{a} commuters at the {n}, the ferrystrike {v} our {n}",
            "this ferrystrike and the {a} {n} have {v} us",
        ],
    ),
    en(
        &["meteorshower", "#Perseids"],
        &[
            "the meteorshower over the {n} is {a} #Perseids",
            "we {v} a {n} and then the meteorshower {v} the {n}",
            "{a} meteorshower, {a} {n}, {a} {n} #Perseids",
        ],
    ),
    en(
        &["tsunami", "coastguard"],
        &[
            "tsunami warning off the {n}, the coastguard {v} the {n}",
            "the coastguard {v} the {a} {n} before the tsunami",
            "they {v} the tsunami from the {n} over the {n}",
        ],
    ),
    en(
        &["#GrandPrix", "overtake"],
        &[
            "what an overtake! the {n} {v} the {a} {n} #GrandPrix",
            "{a} overtake and a {a} {n} #GrandPrix",
            "the {n} in the {n} was {a} #GrandPrix",
        ],
    ),
    en(
        &["derailment", "firefighters"],
        &[
            "derailment in the {n}: the firefighters {v} the {n}",
            "the firefighters {v} the {a} {n} after the derailment",
            "{a} derailment, but the {n} and the {n} are {a}",
        ],
    ),
    en(
        &["starliner", "#StarlinerLaunch"],
        &[
            "the starliner {v} the {n} over the {a} {n}",
            "just {v} the starliner with my {n} #StarlinerLaunch",
            "starliner is {a} and the {n} {v} #StarlinerLaunch",
        ],
    ),
    en(
        &["snowstorm", "snowplows"],
        &[
            "this snowstorm {v} our {n} and the {a} {n}",
            "the snowplows {v} the {n} after the snowstorm",
            "{a} snowstorm, {a} {n}, not a {n} in the {n}",
        ],
    ),
    en(
        &["escapedpanther", "zookeepers"],
        &[
            "escapedpanther in the {n}! the zookeepers {v} the {n}",
            "the zookeepers {v} a {a} {n} for the escapedpanther",
            "why is the escapedpanther in my {n}",
        ],
    ),
    en(
        &["#BookFair", "bestseller"],
        &[
            "this bestseller {v} the {a} {n} #BookFair",
            "{a} {n} and a {a} bestseller in the {n} #BookFair",
            "my {n} {v} the {n} at the {n} #BookFair",
        ],
    ),
    en(
        &["chessolympiad", "stalemate"],
        &[
            "stalemate! the {n} {v} the {n} at the chessolympiad",
            "the chessolympiad was {a} and the {n} {a}",
            "what a {a} stalemate for the {n}",
        ],
    ),
    en(
        &["tornadowatch", "#TornadoWatch"],
        &[
            "tornadowatch over the {n} and the {a} {n}",
            "the {n} {v} our {n} here #TornadoWatch",
            "we {v} the {n} with a {n} while the tornadowatch is on",
        ],
    ),
    en(
        &["vaccinetrial", "researchers"],
        &[
            "the researchers {v} the vaccinetrial with {a} {n}",
            "{a} vaccinetrial and what the researchers {v}",
            "this vaccinetrial has {v} the {n}",
        ],
    ),
    en(
        &["glassbridge", "architects"],
        &[
            "the glassbridge over the {n} is {a}",
            "the architects {v} the glassbridge with {a} {n}",
            "glassbridge! our {n} {v} the {n} from there",
        ],
    ),
    en(
        &["whalewatch", "humpback"],
        &[
            "a humpback {v} our {n} on the whalewatch",
            "{a} humpback off the {n} and the {n}",
            "this whalewatch was {a} and {a}",
        ],
    ),
    en(
        &["#OpenAirFestival", "headliner"],
        &[
            "the headliner {v} the {a} {n} #OpenAirFestival",
            "{a} {n}, {a} {n}, {a} headliner #OpenAirFestival",
            "our {n} {v} the {n} before the headliner",
        ],
    ),
    en(
        &["subwayflood", "pumps"],
        &[
            "subwayflood: the pumps {v} the {n}",
            "the subwayflood {v} the {a} {n} and the {n}",
            "all pumps are {a} in the subwayflood",
        ],
    ),
    en(
        &["goldenowl", "treasurehunt"],
        &[
            "they {v} the goldenowl in a {a} {n}",
            "the treasurehunt is over: the {n} {v} the goldenowl",
            "{a} treasurehunt with my {n} and my {n}",
        ],
    ),
    en(
        &["supermoon"],
        &[
            "the supermoon over the {n} is {a}",
            "my {n} {v} the supermoon with a {n}",
            "{a} supermoon and a {a} {n} here",
        ],
    ),
    en(
        &["#BakeOffFinal", "showstopper"],
        &[
            "that showstopper with {n} and {n} was {a} #BakeOffFinal",
            "the {n} {v} the showstopper #BakeOffFinal",
            "she {v} the {a} {n} again #BakeOffFinal",
        ],
    ),
    of(
        "de",
        &["bahnstreik", "#Bahnstreik"],
        &[
            "{w} {w} bahnstreik {w} {w} {w}",
            "bahnstreik {w} {w} {w} {w} #Bahnstreik",
            "{w} {w} {w} {w} {w} bahnstreik {w}",
        ],
    ),
    of(
        "pt",
        &["carnavalesco", "#Eclipsada"],
        &["{w} carnavalesco {w} {w} {w} {w}", "{w} {w} {w} {w} carnavalesco #Eclipsada"],
    ),
    of(
        "es",
        &["terremotazo", "#Terremotazo"],
        &["terremotazo {w} {w} {w} {w} {w}", "{w} {w} {w} terremotazo {w} #Terremotazo"],
    ),
    of(
        "ja",
        &["hanabitaikai", "#Hanabitaikai"],
        &["{w} {w} hanabitaikai {w} {w}", "hanabitaikai {w} {w} {w} {w} {w} #Hanabitaikai"],
    ),
    of("ru", &["метеорит"], &["{w} {w} метеорит {w} {w} {w}", "метеорит {w} {w} {w} {w}"]),
    of("ko", &["불꽃축제", "#불꽃축제"], &["{w} {w} 불꽃축제 {w} {w}", "불꽃축제 {w} {w} {w} {w} #불꽃축제"]),
];

/// Words that only planted topics use, lower case.
pub(crate) fn reserved_words() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(|topic| topic.sentences).flat_map(|sentence| sentence.split(' ')).filter_map(
        |token| {
            let word = token.trim_matches(|c: char| !c.is_alphabetic());
            (!token.contains('{') && !token.starts_with('#')).then_some(word)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_sentences_that_name_it() {
        for topic in TOPICS {
            assert!(topic.sentences.len() >= 2 && (1..=3).contains(&topic.keywords.len()), "{topic:?}");
            for sentence in topic.sentences {
                let named = topic.keywords.iter().any(|keyword| sentence.contains(keyword));
                assert!(named, "{sentence} names none of {:?}", topic.keywords);
            }
        }
    }
}
