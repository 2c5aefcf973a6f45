//! Corrects responses of emulators at the HTTP level, so that no handler has to know of emulators.

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use groundplan_engine::provider::{ErrorClass, ProviderError};

use crate::fence::Stopped;

/// A text that an emulator answers with, and what AWS answers instead.
struct Repair {
    /// The service, as a request's signature names it.
    service: &'static str,
    /// A part of the request's address.
    place: &'static str,
    wrong: &'static str,
    right: &'static str,
}

#[rustfmt::skip]
const REPAIRS: &[Repair] = &[
    // moto 5.2 answers to GetBucketVersioning with the name of the call. The SDK for Rust, unlike
    // others, looks at the root.
    Repair { service: "s3", place: "?versioning", wrong: "GetBucketVersioningResponse", right: "VersioningConfiguration" },
    // moto 5.2 writes the state of a subnet's IPv6 block as the text of a Python dictionary.
    Repair { service: "ec2", place: "", wrong: "<state>{'State': 'associated'}</state>", right: "<state>associated</state>" },
    Repair { service: "ec2", place: "", wrong: "<state>{'State': 'disassociated'}</state>", right: "<state>disassociated</state>" },
];

/// Returns a client for the emulator at `endpoint`; `None` if it uses TLS, for which the usual client has to do.
pub(crate) fn client(endpoint: &str) -> Option<SharedHttpClient> {
    endpoint.starts_with("http://").then(|| SharedHttpClient::new(Emulator(Builder::new().build_http())))
}

#[derive(Debug)]
struct Emulator(SharedHttpClient);

impl HttpClient for Emulator {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Repairing(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Repairing(SharedHttpConnector);

impl HttpConnector for Repairing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = service(&request).unwrap_or_default();
        let fits = |repair: &&Repair| repair.service == service && request.uri().contains(repair.place);
        let repairs: Vec<&'static Repair> = REPAIRS.iter().filter(fits).collect();
        let endpoint = request.uri().split('/').take(3).collect::<Vec<_>>().join("/");
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            let status = answer.status().as_u16();
            // What LocalStack says of a call that it does not have, or not in this edition.
            if status == 501 {
                return Err(lacking(&endpoint, "status 501"));
            }
            let is_page = is_page(&answer);
            if !is_page && repairs.is_empty() {
                return Ok(answer);
            }
            let (answer, body) = read(answer).await?;
            match is_page && body.to_ascii_lowercase().starts_with(b"<!doctype html") {
                true => Err(lacking(&endpoint, &format!("status {status}, and a web page for an answer"))),
                false => Ok(repaired(answer, body, &repairs)),
            }
        })
    }
}

/// The service that a request is signed for: the fourth part of the credential's scope.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn service(request: &HttpRequest) -> Option<String> {
    let scope = request.headers().get("authorization")?.split("Credential=").nth(1)?.split(',').next()?;
    scope.split('/').nth(3).map(str::to_owned)
}

/// Returns whether the response of an error is a web page. The server below the emulator returns one for a call that it
/// does not have.
fn is_page(answer: &HttpResponse) -> bool {
    let kind = answer.headers().get("content-type").unwrap_or_default();
    answer.status().as_u16() >= 400 && kind.starts_with("text/html")
}

/// Returns the error that the emulator does not support a call.
fn lacking(endpoint: &str, answer: &str) -> ConnectorError {
    let message =
        format!("{endpoint} does not support this call or failed ({answer}); this emulator cannot manage the resource");
    ConnectorError::user(Box::new(Stopped(Box::new(ProviderError::new(ErrorClass::Invalid, message)))))
}

/// The body of a response, and what is left of that.
async fn read(mut response: HttpResponse) -> Result<(HttpResponse, Vec<u8>), ConnectorError> {
    let body = ByteStream::new(std::mem::replace(response.body_mut(), SdkBody::empty())).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.to_vec();
    Ok((response, body))
}

fn repaired(mut response: HttpResponse, body: Vec<u8>, repairs: &[&Repair]) -> HttpResponse {
    let needed = |repair: &&&Repair| body.windows(repair.wrong.len()).any(|part| part == repair.wrong.as_bytes());
    let needed: Vec<_> = repairs.iter().filter(needed).collect();
    if needed.is_empty() {
        *response.body_mut() = SdkBody::from(body);
        return response;
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let text = needed.into_iter().fold(text, |text, repair| text.replace(repair.wrong, repair.right));
    response.headers_mut().remove("content-length");
    *response.body_mut() = SdkBody::from(text);
    response
}

#[cfg(test)]
mod tests {
    use groundplan_engine::Provider;
    use groundplan_engine::provider::Identity;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::replay::{create, existing};
    use crate::{Aws, Config};

    /// An emulator that answers each request like this.
    async fn answering(status: &'static str, kind: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 8192];
                let _ = stream.read(&mut request).await;
                let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n");
                let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                // What is left of the request: to close before it is read would take the answer back.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_call_that_an_emulator_does_not_have_is_refused_at_once_in_one_line() {
        let lacks = r#"{"__type": "InternalFailure", "message": "not yet implemented or pro feature"}"#;
        for (status, kind, body, said) in [
            ("501 Not Implemented", "application/x-amz-json-1.1", lacks, "status 501"),
            ("404 Not Found", "text/html", "<!doctype html>", "status 404, and a web page for an answer"),
        ] {
            let url = answering(status, kind, body).await;
            let identity = Identity { account: "000000000000".into(), partition: "aws".into() };
            let aws = Aws::with_identity(Config::emulator(&url).await, identity);
            let expected = format!(
                "{url} does not support this call or failed ({said}); this emulator cannot manage the resource"
            );
            let properties = json!({"LogGroupName": "l"});
            let refused = aws.create(&create("AWS::Logs::LogGroup", properties.clone())).await.unwrap_err();
            assert_eq!((refused.class, &refused.message), (ErrorClass::Invalid, &expected), "a create is not open");
            let refused = aws.read(&existing("AWS::Logs::LogGroup", "l", properties)).await.unwrap_err();
            assert_eq!((refused.class, &refused.message), (ErrorClass::Invalid, &expected), "a read is not repeated");
        }
    }
}
