//! AWS for unit tests: answers in the shape that AWS documents, and the requests that were sent.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use groundplan_core::{Environment, Path};
use groundplan_engine::provider::{Address, CreateRequest, Existing, Identity, Properties};
use serde_json::Value as Json;

use crate::{Aws, Config};

/// The token of every creation here.
pub(crate) const TOKEN: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The response.
pub(crate) enum Answer {
    /// A status and a body.
    Is(u16, String),
    /// A status, headers and a body.
    With(u16, Vec<(&'static str, String)>, String),
    /// The request was sent, and nothing came back.
    Lost,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Is(200, body.into())
    }

    /// Success and nothing else, as EC2, RDS and IAM answer to this request.
    pub(crate) fn empty(sent: &str) -> Self {
        let action = sent.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
        Self::ok(format!("<{action}Response><{action}Result/></{action}Response>"))
    }

    /// An error in EC2's form.
    pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> Self {
        Self::Is(
            status,
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                 <RequestID>req-1</RequestID></Response>"
            ),
        )
    }
}

/// Requests as `METHOD URI BODY`, in order; with the call before the body where the address is the same
/// for all, and with the condition where there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Returns the number of requests that contain this text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.all().iter().filter(|request| request.contains(text)).count()
    }
}

/// AWS where `answer` says what comes back for a request.
pub(crate) fn aws(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Aws, Log) {
    let (config, log) = config(answer);
    let identity = Identity { account: "111122223333".into(), partition: "aws".into() };
    (Aws::with_identity(config, identity), log)
}

/// Returns the configuration that leads to this service.
pub(crate) fn config(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Config, Log) {
    let log = Log::default();
    let connector = SharedHttpConnector::new(Replay { answer: Box::new(answer), log: log.clone() });
    let credentials = Credentials::new("test", "test", None, None, "replay");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (Config::from_sdk(sdk), log)
}

struct Replay {
    answer: Box<dyn Fn(&str) -> Answer + Send + Sync>,
    log: Log,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Replay")
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let named = |name: &str| request.headers().get(name).map(|value| format!("{value} ")).unwrap_or_default();
        let condition = |name: &str| request.headers().get(name).map(|value| format!("{name}={value} "));
        let condition = condition("if-match").or_else(|| condition("if-none-match")).unwrap_or_default();
        let call = named("x-amz-target");
        let sent = format!("{} {} {call}{condition}{}", request.method(), request.uri(), body.unwrap_or_default());
        self.log.0.lock().unwrap().push(sent.clone());
        let answered = |status: u16, headers: Vec<(&'static str, String)>, body: String| {
            let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            response.headers_mut().insert("x-amzn-requestid", "req-1");
            for (name, value) in headers {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        };
        HttpConnectorFuture::ready(match (self.answer)(&sent) {
            Answer::Is(status, body) => answered(status, Vec::new(), body),
            Answer::With(status, headers, body) => answered(status, headers, body),
            Answer::Lost => Err(ConnectorError::io("connection reset by peer".into())),
        })
    }
}

pub(crate) fn address(type_name: &str, region: &str) -> Address {
    Address {
        app: "shop".into(),
        path: Path::new("shop/thing"),
        type_name: type_name.into(),
        environment: Environment::new(region),
    }
}

pub(crate) fn create(type_name: &str, properties: Json) -> CreateRequest {
    create_in("eu-central-1", type_name, properties)
}

pub(crate) fn create_in(region: &str, type_name: &str, properties: Json) -> CreateRequest {
    CreateRequest { address: address(type_name, region), properties: map(properties), token: TOKEN.into(), asked: None }
}

pub(crate) fn existing(type_name: &str, id: &str, properties: Json) -> Existing {
    Existing { address: address(type_name, "eu-central-1"), id: id.into(), properties: map(properties) }
}

pub(crate) fn map(json: Json) -> Properties {
    match json {
        Json::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}
