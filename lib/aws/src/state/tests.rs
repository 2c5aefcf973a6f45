//! Recorded responses that emulators do not reproduce: lost answers, conflicts, and refusals in the form that AWS
//! documents.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use groundplan_engine::model::LockOwner;
use groundplan_engine::store::ObjectStore;
use groundplan_engine::{Error, State, StateStore};

use super::{Reach, StateLocation, state_store};
use crate::replay::{Answer, Log, config};

/// A bucket that takes what is written on conditions, or answers as a test says.
#[derive(Clone, Default)]
struct S3(Arc<Mutex<BTreeMap<String, String>>>);

impl S3 {
    /// Carries out a request `METHOD URI [CONDITION] BODY`.
    fn answer(&self, sent: &str) -> Answer {
        let mut kept = self.0.lock().unwrap();
        let mut words = sent.splitn(3, ' ');
        let (method, uri, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
        let path = uri.split(".amazonaws.com/").nth(1).unwrap().split('?').next().unwrap().to_owned();
        if uri.contains("list-type=2") {
            let prefix = uri.split("prefix=").nth(1).unwrap().replace("%2F", "/");
            let found = kept.keys().filter(|key| key.starts_with(&prefix));
            let keys: String = found.map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
            return Answer::ok(format!("<ListBucketResult>{keys}</ListBucketResult>"));
        }
        let etag = |text: &str| format!("\"{}\"", text.len());
        let there = kept.get(&path).cloned();
        let (condition, body) = match rest.split_once(' ') {
            Some((condition, body)) if condition.starts_with("if-") => (condition, body),
            _ => ("", rest),
        };
        let holds = match (condition.split_once('='), &there) {
            (Some(("if-none-match", _)), there) => there.is_none(),
            (Some((_, expected)), Some(there)) => etag(there) == expected,
            (Some(_), None) => return error(404, "NoSuchKey", "The specified key does not exist."),
            (None, _) => true,
        };
        match (method, there) {
            ("PUT" | "DELETE", _) if !holds => {
                error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
            }
            ("PUT", _) => {
                kept.insert(path, body.to_owned());
                Answer::With(200, vec![("etag", etag(body))], String::new())
            }
            ("DELETE", _) => {
                kept.remove(&path);
                Answer::Is(204, String::new())
            }
            ("GET", Some(text)) => Answer::With(200, vec![("etag", etag(&text))], text),
            _ => error(404, "NoSuchKey", "The specified key does not exist."),
        }
    }
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Is(status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

fn location() -> StateLocation {
    let (bucket, prefix, region) = ("acme".into(), "infra".into(), Some("eu-central-1".into()));
    StateLocation { bucket, prefix, region, lock_table: None }
}

/// A store whose requests `intercept` may answer: it gets the request, the number of similar requests before, and the
/// bucket.
fn store(intercept: impl Fn(&str, &S3) -> Option<Answer> + Send + Sync + 'static) -> (ObjectStore, Log) {
    store_at(location(), intercept)
}

fn store_at(
    location: StateLocation,
    intercept: impl Fn(&str, &S3) -> Option<Answer> + Send + Sync + 'static,
) -> (ObjectStore, Log) {
    let s3 = S3::default();
    let (config, log) = config(move |sent| intercept(sent, &s3).unwrap_or_else(|| s3.answer(sent)));
    (state_store(Reach::Config(config), location, "shop"), log)
}

/// Returns the response to a request in place of the store's own.
type Instead = fn(&str, &S3) -> Answer;

/// Answers the first requests that contain `text` like that, each time the next one.
fn first(
    text: &'static str,
    answers: impl IntoIterator<Item = Instead>,
) -> impl Fn(&str, &S3) -> Option<Answer> + Send + Sync + 'static {
    let answers: Mutex<std::collections::VecDeque<_>> = Mutex::new(answers.into_iter().collect());
    move |sent, s3| {
        let next = sent.contains(text).then(|| answers.lock().unwrap().pop_front()).flatten();
        next.map(|answer| answer(sent, s3))
    }
}

async fn save(store: &ObjectStore) -> Result<(), Error> {
    let lock = store.lock(&LockOwner::new("deploy")).await?;
    let saved = store.save(&State::new("shop")).await;
    lock.release().await?;
    saved
}

const CHECKPOINT: &str = "/infra/shop/log/000000000001";

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_has_happened_though_its_repetition_is_refused() {
    let lost: Instead = |sent, s3| {
        s3.answer(sent);
        Answer::Lost
    };
    let (store, log) = store(first(CHECKPOINT, [lost]));
    save(&store).await.unwrap();
    assert_eq!(log.count(&format!("PUT https://acme.s3.eu-central-1.amazonaws.com{CHECKPOINT}")), 2);
    assert_eq!(store.load().await.unwrap().unwrap().state.app, "shop");
    assert_eq!(log.count("/log/000000000002"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lock_whose_answer_is_lost_is_had_and_given_back() {
    let lost: Instead = |sent, s3| {
        s3.answer(sent);
        Answer::Lost
    };
    for method in ["PUT", "DELETE"] {
        let intercept = first("lock.json", [lost]);
        let (store, log) = store(move |sent, s3| if sent.starts_with(method) { intercept(sent, s3) } else { None });
        save(&store).await.unwrap();
        save(&store).await.unwrap();
        assert_eq!(log.all().iter().filter(|sent| sent.starts_with(method) && sent.contains("lock.json")).count(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn conflicts_and_too_many_requests_are_tried_again() {
    let conflict: Instead = |_, _| {
        error(
            409,
            "ConditionalRequestConflict",
            "The conditional request cannot succeed due to a conflicting operation",
        )
    };
    let slow: Instead = |_, _| error(503, "SlowDown", "Please reduce your request rate.");
    let broken: Instead = |_, _| error(500, "InternalError", "We encountered an internal error.");
    let (store, log) = store(first(CHECKPOINT, [conflict, slow, conflict, broken]));
    save(&store).await.unwrap();
    assert_eq!(log.count(CHECKPOINT), 5);
    assert_eq!(log.count("if-none-match=*"), 6, "and one for the lock: {:#?}", log.all());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_to_do() {
    let refusals: [(Instead, &str); 4] = [
        (
            |_, _| error(400, "ExpiredToken", "The provided token has expired."),
            "write s3://acme/infra/shop/log/000000000001: s3:PutObject: ExpiredToken: The provided token has expired. \
             (request req-1); get new credentials and run it again, which continues where it stopped",
        ),
        (
            |_, _| error(403, "AccessDenied", "User: … is not authorized to perform: s3:PutObject"),
            "allow `s3:ListBucket` on `acme`, and `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on `acme/infra/*`",
        ),
        (
            |_, _| error(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using …"),
            "the bucket is in another region: correct `region` in the URL of the state, or leave it out",
        ),
        (
            |_, _| error(501, "NotImplemented", "A header you provided implies functionality that is not implemented"),
            "the service there is not S3 or does not support conditional writes",
        ),
    ];
    for (refusal, expected) in refusals {
        let (store, _) = store(first(CHECKPOINT, [refusal; 5]));
        let message = save(&store).await.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_region_of_the_bucket_is_found_whatever_it_answers_to_others() {
    for status in [200, 301, 400, 403] {
        let head = move |sent: &str, _: &S3| {
            let region = vec![("x-amz-bucket-region", "ap-south-1".to_owned())];
            sent.starts_with("HEAD").then(|| Answer::With(status, region, String::new()))
        };
        let (store, log) = store_at(StateLocation { region: None, ..location() }, head);
        save(&store).await.unwrap();
        let requests = log.all();
        assert!(requests[0].starts_with("HEAD https://acme.s3.eu-central-1.amazonaws.com/"), "{requests:#?}");
        assert!(requests[1..].iter().all(|sent| sent.contains("//acme.s3.ap-south-1.")), "{requests:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_in_a_table_is_written_and_deleted_on_conditions() {
    let (location, refused) = (StateLocation { lock_table: Some("locks".into()), ..location() }, Mutex::new(false));
    let item = Mutex::new(String::new());
    let (store, log) = store_at(location, move |sent, _| {
        let body = || serde_json::from_str::<serde_json::Value>(&sent[sent.find('{').unwrap()..]).unwrap();
        let conflict = || {
            let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            Answer::Is(400, format!("{{\"__type\":\"{kind}\",\"message\":\"The conditional request failed\"}}"))
        };
        if sent.contains("DynamoDB_20120810.PutItem") {
            // The first one is carried out, and its answer is lost.
            *item.lock().unwrap() = body()["Item"].to_string();
            return Some(match std::mem::replace(&mut *refused.lock().unwrap(), true) {
                false => Answer::Lost,
                true => conflict(),
            });
        }
        if sent.contains("DynamoDB_20120810.GetItem") {
            let item = item.lock().unwrap();
            return Some(Answer::ok(if item.is_empty() { "{}".into() } else { format!("{{\"Item\":{item}}}") }));
        }
        sent.contains("DynamoDB_20120810.DeleteItem").then(|| Answer::ok("{}"))
    });
    save(&store).await.unwrap();
    let requests = log.all();
    let table: Vec<_> = requests.iter().filter(|sent| sent.contains("DynamoDB")).collect();
    assert_eq!(table.len(), 5, "{table:#?}");
    assert!(table[0].contains("\"ConsistentRead\":true"), "{}", table[0]);
    assert!(table[1].contains("\"ConditionExpression\":\"attribute_not_exists(LockID)\""), "{}", table[1]);
    assert!(table[1].contains("\"LockID\":{\"S\":\"acme/infra/shop/lock.json\"}"), "{}", table[1]);
    assert!(table[4].contains("\"ConditionExpression\":\"Info = :version\""), "{}", table[4]);
    assert!(requests.iter().all(|sent| !sent.contains("amazonaws.com/infra/shop/lock.json")), "{requests:#?}");
}
