//! What emulators write differently from AWS, put right on the wire, so that no handler has to
//! know of emulators.

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// Part of a request's address, the name that an emulator gives to the answer's root, and its real
/// name. The SDK for Rust, unlike others, looks at the root.
const ROOTS: [(&str, &str, &str); 1] =
    // moto 5.2 answers to GetBucketVersioning with the name of the call.
    [("?versioning", "GetBucketVersioningResponse", "VersioningConfiguration")];

/// A client for the emulator at `endpoint`; none where the usual one has to do, since TLS is
/// spoken.
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
        let root = ROOTS.iter().find(|(place, ..)| request.method() == "GET" && request.uri().contains(place));
        let answer = self.0.call(request);
        match root {
            None => answer,
            Some((_, wrong, right)) => {
                HttpConnectorFuture::new(async move { renamed(answer.await?, wrong, right).await })
            }
        }
    }
}

async fn renamed(mut response: HttpResponse, wrong: &str, right: &str) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(std::mem::replace(response.body_mut(), SdkBody::empty())).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    response.headers_mut().remove("content-length");
    *response.body_mut() = SdkBody::from(String::from_utf8_lossy(&body).replace(wrong, right));
    Ok(response)
}
