//! Requests that change something are sent only while the run holds its lock.
//!
//! A handler takes several requests for one call of the engine, and minutes where it waits between them. The engine
//! confirms the lock before the call; this interceptor checks the lock before each request of it, and before each
//! attempt of a request.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use groundplan_engine::provider::{Fence, ProviderError};

use crate::guard::is_mutating;

/// Asks a fence before each request that changes something; without one, all requests are sent.
#[derive(Clone, Default)]
pub(crate) struct Gate(Option<Arc<dyn Fence>>);

impl Gate {
    pub(crate) fn new(fence: Arc<dyn Fence>) -> Self {
        Self(Some(fence))
    }

    fn check(&self, operation: Option<&str>) -> Result<(), Stopped> {
        // What has no name is taken for a change.
        let changes = operation.is_none_or(is_mutating);
        match &self.0 {
            Some(fence) if changes => fence.check().map_err(|error| Stopped(Box::new(error))),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.0.is_some()).finish()
    }
}

impl Intercept for Gate {
    fn name(&self) -> &'static str {
        "Gate"
    }

    /// Runs for each attempt, when all that may take time before it is sent is done.
    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(self.check(config.load::<Metadata>().map(Metadata::name))?)
    }
}

/// A request that was not sent, with the error for the engine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Stopped(pub(crate) Box<ProviderError>);
