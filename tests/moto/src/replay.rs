//! Recorded requests once more, as fast as their order allows: the shortest time in which what
//! made them could have been done.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Moto;
use crate::http::{Connection, Message};
use crate::proxy::Exchange;

/// The result of a replay.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// From the first request that counts to the last answer.
    pub elapsed: Duration,
    /// The requests that were answered with another status than in the recording, and how.
    pub different: Vec<String>,
}

/// The shortest text that is taken for an identifier.
const SHORTEST: usize = 8;

/// Sends what was recorded to `moto`: each request as soon as all those are answered that had been
/// answered before it was sent in the recording. What moto makes up (identifiers, address blocks)
/// is another thing each time, so later requests get what this run was answered. The `scene` is sent
/// first, and takes no time that counts.
///
/// # Panics
/// Where moto does not answer.
pub fn replay(scene: &[Exchange], recording: &[Exchange], moto: &Moto) -> Replayed {
    let mut calls: Vec<&Exchange> = scene.iter().chain(recording).collect();
    calls.sort_by_key(|call| call.answered);
    let answered: Vec<Duration> = calls.iter().map(|call| call.answered).collect();
    let mut names: Vec<String> = calls.iter().flat_map(|call| by_kind(&call.answer).into_values().flatten()).collect();
    names.sort();
    names.dedup();
    // The longest first: an ARN contains the identifier.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut steps: Vec<Step> = calls
        .iter()
        .enumerate()
        .map(|(place, call)| Step::new(place, call, &names, answered.partition_point(|at| *at <= call.asked)))
        .collect();
    // Who was sent later has as much to wait for or more, so that this order never blocks itself.
    steps.sort_by_key(|step| step.call.asked);
    let workers = 1 + steps.iter().enumerate().map(|(sent, step)| sent - step.after.min(sent)).max().unwrap_or(0);

    let run = Run {
        steps: &steps,
        scene: scene.len(),
        progress: Mutex::new(Progress::new(steps.len())),
        moved: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| run.work(Connection::to(moto.address())));
        }
    });
    let Progress { started, different, .. } = run.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    Replayed { elapsed: started.map_or(Duration::ZERO, |started| started.elapsed()), different }
}

/// A request that is to be sent.
struct Step<'a> {
    /// The position of its answer among all answers of the recording.
    place: usize,
    call: &'a Exchange,
    /// So many of the recording's answers, from the first, have to be there before.
    after: usize,
    /// The texts in the request that moto may have generated.
    names: Vec<&'a str>,
}

/// The data that the threads share.
struct Run<'a> {
    steps: &'a [Step<'a>],
    /// The number of steps that prepare the account.
    scene: usize,
    progress: Mutex<Progress>,
    moved: Condvar,
}

struct Progress {
    /// The time of the first request that counts.
    started: Option<Instant>,
    /// The number of sent requests.
    sent: usize,
    /// `true` for each answered request, by position.
    answered: Vec<bool>,
    /// The number of answered requests without a gap.
    prefix: usize,
    /// The texts that replace the ones that moto generated in the recording.
    names: BTreeMap<String, String>,
    different: Vec<String>,
}

impl<'a> Step<'a> {
    fn new(place: usize, call: &'a Exchange, names: &'a [String], after: usize) -> Self {
        let text = format!("{} {}", call.request.start, String::from_utf8_lossy(&call.request.body));
        let contained = |name: &&String| text.contains(name.as_str()) || text.contains(&encoded(name));
        let names = names.iter().filter(contained).map(String::as_str).collect();
        Self { place, call, after, names }
    }

    /// The request for this run.
    fn request(&self, names: &BTreeMap<String, String>) -> Message {
        let mut request = self.call.request.clone();
        let mut body = String::from_utf8_lossy(&request.body).into_owned();
        for name in &self.names {
            let Some(new) = names.get(*name).filter(|new| new != name) else { continue };
            for (old, new) in [((*name).to_owned(), new.clone()), (encoded(name), encoded(new))] {
                request.start = request.start.replace(&old, &new);
                body = body.replace(&old, &new);
            }
        }
        request.body = body.into_bytes();
        request
    }
}

impl Run<'_> {
    fn work(&self, mut moto: Connection) {
        while let Some((step, request)) = self.next() {
            let answer = moto.ask(&request).expect("moto answers");
            let mut progress = self.progress();
            progress.learn(step, &answer);
            progress.answered[step.place] = true;
            while progress.answered.get(progress.prefix) == Some(&true) {
                progress.prefix += 1;
            }
            self.moved.notify_all();
        }
    }

    /// The next request, as soon as it may be sent.
    fn next(&self) -> Option<(&Step<'_>, Message)> {
        let waits =
            |progress: &mut Progress| self.steps.get(progress.sent).is_some_and(|step| progress.prefix < step.after);
        let progress = self.moved.wait_while(self.progress(), waits);
        let mut progress = progress.unwrap_or_else(PoisonError::into_inner);
        let step = self.steps.get(progress.sent)?;
        if progress.sent == self.scene {
            progress.started = Some(Instant::now());
        }
        progress.sent += 1;
        let request = step.request(&progress.names);
        drop(progress);
        // The next one may be free, too.
        self.moved.notify_all();
        Some((step, request))
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn new(steps: usize) -> Self {
        Self {
            started: None,
            sent: 0,
            answered: vec![false; steps],
            prefix: 0,
            names: BTreeMap::new(),
            different: Vec::new(),
        }
    }

    fn learn(&mut self, step: &Step<'_>, answer: &Message) {
        let recorded = &step.call.answer;
        if recorded.status() != answer.status() {
            let body = String::from_utf8_lossy(&answer.body);
            let operation = step.call.request.operation();
            self.different.push(format!("{operation}: {} and not {}: {body}", answer.status(), recorded.status()));
            return;
        }
        // What is listed beside it may be more or less in this run: only where there are as many of a
        // kind is it clear which is which.
        let mut new = by_kind(answer);
        for (kind, old) in by_kind(recorded) {
            let new = new.remove(&kind).filter(|new| new.len() == old.len()).unwrap_or_default();
            for (old, new) in old.into_iter().zip(new) {
                self.names.entry(old).or_insert(new);
            }
        }
    }
}

/// Returns the texts in an answer that moto may have generated, by their kind and in their order.
fn by_kind(answer: &Message) -> BTreeMap<String, Vec<String>> {
    let text = String::from_utf8_lossy(&answer.body);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for word in text.split(|c| !is_part(c)).filter(|word| word.len() >= SHORTEST) {
        if let Some(kind) = kind(word) {
            let words = words.entry(kind.to_owned()).or_default();
            if !words.iter().any(|other| other == word) {
                words.push(word.to_owned());
            }
        }
    }
    words
}

/// Returns the kind of a word: `vpc` of `vpc-0a1b`, the service of an ARN, an address; `None` if moto does not generate
/// it.
fn kind(word: &str) -> Option<&str> {
    let only = |allowed: &str| word.chars().all(|c| c.is_ascii_hexdigit() || allowed.contains(c));
    let numbered = word.chars().any(|c| c.is_ascii_digit());
    let of_route53 = ["/hostedzone/", "/change/"].into_iter().find(|kind| word.starts_with(kind));
    match word.split_once('-') {
        _ if of_route53.is_some() => of_route53,
        _ if word.starts_with("arn:") => word.rsplit_once(':').map(|(service, _)| service),
        _ if !numbered => None,
        _ if only("-") && word.len() == 36 => Some("UUID"),
        _ if only(":/") && word.contains("::") => Some("IPv6"),
        _ if word.chars().all(|c| c.is_ascii_digit() || c == '.') => Some("IPv4"),
        Some((kind, id))
            if kind.chars().all(|c| c.is_ascii_lowercase()) && id.chars().all(|c| c.is_ascii_hexdigit()) =>
        {
            Some(kind)
        }
        // An association of an address block with a VPC, and the like.
        Some(_) => word.rsplit_once('-').filter(|(_, id)| id.len() >= SHORTEST).map(|(kind, _)| kind),
        None => None,
    }
}

/// Returns the text as it is encoded in the body of a form.
fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F").replace('|', "%7C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moto_makes_up_is_told_by_its_kind() {
        for (word, expected) in [
            ("rtb-09f131f684a2ee7ba", Some("rtb")),
            ("rtbassoc-8af33fd7def9731d1", Some("rtbassoc")),
            ("vpc-cidr-assoc-f8f5b81b0c888dc89", Some("vpc-cidr-assoc")),
            ("09c5acbe-0650-4db2-922a-8f9197835614", Some("UUID")),
            ("2400:6500:1a2b:4300::/56", Some("IPv6")),
            ("127.8.105.173", Some("IPv4")),
            ("/hostedzone/Z07DVIE4PXVZK", Some("/hostedzone/")),
            ("arn:aws:kms:us-east-1:123456789012:key/09c5acbe", Some("arn:aws:kms:us-east-1:123456789012")),
            ("available", None),
        ] {
            assert_eq!(kind(word), expected, "{word}");
        }
    }
}
