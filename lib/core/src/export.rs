//! Typed names of the outputs that an app publishes for others.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::data::Data;
use crate::input::{Input, IsA, Output, Provides};
use crate::template::{Template, TemplatePart};
use crate::value::{CrossAppReference, Deferred, Value, ValueType};

/// The name of an output of an app, with its type. It is a constant that the publishing app and the using apps share.
///
/// An app publishes it with [`Scope::export`](crate::Scope::export). Another app passes it wherever a value of its type
/// is expected, like an [`Output`] of its own. During planning, the engine reads the value from the state of the
/// publishing app. The states of both apps must be in the same location.
///
/// ```
/// use groundplan_core::{App, Environment, Export, template};
///
/// pub const DOMAIN: Export<String> = Export::new("account", "domain");
///
/// let account = App::new("account");
/// account.stack("account", Environment::new("us-east-1")).export(DOMAIN, "example.com");
///
/// let shop = App::new("shop");
/// let stack = shop.stack("shop", Environment::new("us-east-1"));
/// stack.export("url", template!("https://shop.{}/", DOMAIN));
/// # (account.synth()?, shop.synth()?);
/// # Ok::<(), groundplan_core::Diagnostics>(())
/// ```
///
/// A secret cannot be published, because states contain outputs in plain text. Instead, publish the ARN of the Secrets
/// Manager secret that contains it.
///
/// ```compile_fail
/// # use groundplan_core::{Export, Secret};
/// const PASSWORD: Export<Secret> = Export::new("account", "password");
/// ```
pub struct Export<T> {
    app: Cow<'static, str>,
    name: Cow<'static, str>,
    kind: PhantomData<fn() -> T>,
}

impl<T: Data> Export<T> {
    /// Names the output `name` of the app `app`.
    ///
    /// # Panics
    /// If `T` is a [`Secret`](crate::Secret). In a constant, this is a compile error.
    pub const fn new(app: &'static str, name: &'static str) -> Self {
        assert!(
            !matches!(T::FORM, ValueType::Secret),
            "a secret is not published: publish the ARN of the Secrets Manager secret that holds it"
        );
        Self { app: Cow::Borrowed(app), name: Cow::Borrowed(name), kind: PhantomData }
    }

    /// Names the same output of another app, for programs with one app per environment: `NETWORK.of("platform-prod")`.
    #[must_use]
    pub fn of(self, app: impl Into<String>) -> Self {
        Self { app: Cow::Owned(app.into()), ..self }
    }

    /// Returns the app that publishes it.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// Returns its name among the outputs of that app.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn import(&self) -> CrossAppReference {
        CrossAppReference { app: self.app.clone().into_owned(), name: self.name.clone().into_owned(), form: T::FORM }
    }
}

impl<T> Clone for Export<T> {
    fn clone(&self) -> Self {
        Self { app: self.app.clone(), name: self.name.clone(), kind: PhantomData }
    }
}

/// `account:zone-id`
impl<T> fmt::Debug for Export<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.app, self.name)
    }
}

impl<A: IsA<T> + Data, T> Provides<T> for Export<A> {
    fn provide(self) -> Input<T> {
        Input::Deferred(Deferred::CrossApp(self.import()))
    }
}

impl<A: IsA<T> + Data, T> Provides<T> for &Export<A> {
    fn provide(self) -> Input<T> {
        Input::Deferred(Deferred::CrossApp(self.import()))
    }
}

impl<A: IsA<String> + Data> TemplatePart for Export<A> {
    fn part(self) -> Value {
        Deferred::CrossApp(self.import()).into()
    }
}

impl<A: IsA<String> + Data> TemplatePart for &Export<A> {
    fn part(self) -> Value {
        Deferred::CrossApp(self.import()).into()
    }
}

/// The name of an output: a text, or an [`Export`], which determines the type of the value.
#[diagnostic::on_unimplemented(
    message = "a `{V}` cannot be published under a `{Self}`",
    label = "not a value that this name can have",
    note = "a name is text or an `Export`; under text, an `Output`, an `Input` or a template is published"
)]
pub trait ExportName<V> {
    /// The name, the app that it belongs to where it states one, and the value.
    #[doc(hidden)]
    fn publish(self, value: V) -> Publication;
}

/// A value about to be published.
#[doc(hidden)]
#[derive(Debug)]
pub struct Publication {
    pub(crate) app: Option<String>,
    pub(crate) name: String,
    pub(crate) value: Value,
}

impl<T: Data, V: Provides<T>> ExportName<V> for Export<T> {
    fn publish(self, value: V) -> Publication {
        Publication {
            app: Some(self.app.into_owned()),
            name: self.name.into_owned(),
            value: value.provide().into_value(),
        }
    }
}

/// A value that can be published under a text, because its own type is known.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be published under a name that is text",
    label = "publish an `Output`, an `Input`, a template or text"
)]
pub trait Publish {
    /// The value in a document.
    #[doc(hidden)]
    fn into_published(self) -> Value;
}

impl<T: Data> Publish for Input<T> {
    fn into_published(self) -> Value {
        self.into_value()
    }
}

impl<T> Publish for Output<T> {
    fn into_published(self) -> Value {
        self.reference().clone().into()
    }
}

impl<T> Publish for &Output<T> {
    fn into_published(self) -> Value {
        self.clone().into_published()
    }
}

impl<T: Data> Publish for Export<T> {
    fn into_published(self) -> Value {
        Deferred::CrossApp(self.import()).into()
    }
}

impl Publish for Template {
    fn into_published(self) -> Value {
        self.into_value()
    }
}

impl Publish for &str {
    fn into_published(self) -> Value {
        self.into()
    }
}

impl Publish for String {
    fn into_published(self) -> Value {
        self.into()
    }
}

macro_rules! plain_names {
    ($($type:ty),+) => {$(
        impl<V: Publish> ExportName<V> for $type {
            fn publish(self, value: V) -> Publication {
                Publication { app: None, name: self.into(), value: value.into_published() }
            }
        }
    )+};
}

plain_names!(&str, &String, String);
