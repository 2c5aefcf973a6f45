//! Images of containers, and the repositories that they come from.

use groundplan_core::{Code, Diagnostic, Input, Provides, Scope, dns_suffix, template};
use groundplan_resources::ecr;

use crate::identity::{Grantee, SecretRef, Statement};
use crate::passed_as::PassedAs;

/// A repository that containers pull images from: an [`ImageRepository`](super::ImageRepository) of the program, by its
/// handle, or an existing repository, by [`ImageRepository::existing`](super::ImageRepository::existing).
#[derive(Clone)]
pub struct ImageRepositoryRef(Repository);

#[derive(Clone)]
enum Repository {
    Own { arn: Input<ecr::RepositoryArn>, uri: Input<String> },
    Existing { name: Input<ecr::RepositoryName>, account: Option<Input<String>>, region: Option<String> },
}

impl ImageRepositoryRef {
    pub(super) fn own(arn: Input<ecr::RepositoryArn>, uri: Input<String>) -> Self {
        Self(Repository::Own { arn, uri })
    }

    pub(super) fn existing(name: Input<ecr::RepositoryName>) -> Self {
        Self(Repository::Existing { name, account: None, region: None })
    }

    /// States the account of the existing repository, whose policy has to allow the pull. Default: the account of the
    /// stack that uses the image.
    #[must_use]
    pub fn in_account(mut self, id: impl Provides<String>) -> Self {
        if let Repository::Existing { account, .. } = &mut self.0 {
            *account = Some(id.provide());
        }
        self
    }

    /// States the region of the existing repository. Default: the region of the stack that uses the image.
    #[must_use]
    pub fn in_region(mut self, name: impl Into<String>) -> Self {
        if let Repository::Existing { region, .. } = &mut self.0 {
            *region = Some(name.into());
        }
        self
    }

    /// Returns the image with this tag.
    pub fn image(&self, tag: impl Provides<String>) -> Image {
        Image(Kind::Repository(self.clone(), Version::Tag(tag.provide())))
    }

    /// Returns the image with this digest, such as `sha256:` and 64 hexadecimal digits.
    pub fn image_by_digest(&self, digest: impl Provides<String>) -> Image {
        Image(Kind::Repository(self.clone(), Version::Digest(digest.provide())))
    }

    /// Returns the ARN, and the name in front of a tag, as seen from `scope`.
    fn located(&self, scope: &Scope) -> (Input<ecr::RepositoryArn>, Input<String>) {
        match &self.0 {
            Repository::Own { arn, uri } => (arn.clone(), uri.clone()),
            Repository::Existing { name, account, region } => {
                let region = region.clone().unwrap_or_else(|| scope.region());
                let account = account.clone().unwrap_or_else(|| scope.account_id());
                let arn = template!("arn:{}:ecr:{}:{}:repository/{}", scope.partition(), &region, &account, name);
                let uri = template!("{}.dkr.ecr.{}.{}/{}", &account, &region, dns_suffix(&region), name);
                (arn.typed(), uri.provide())
            }
        }
    }
}

/// Allows `grantee` to pull images of the repository with this ARN.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-pull-iam.html>
#[track_caller]
pub(super) fn grant_pull(arn: Input<ecr::RepositoryArn>, grantee: &impl Grantee) {
    let pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    let identity = grantee.identity();
    identity.grant(Statement::allow(pull).on([arn]));
    // The token of a registry is for all of its repositories.
    identity.grant(Statement::allow(["ecr:GetAuthorizationToken"]).on_all());
}

/// An image of a container, with what a task needs to pull it: an image of an ECR repository, of a public registry, or
/// of a private registry with credentials.
///
/// Text is the name of a public image, such as `public.ecr.aws/nginx/nginx:1.27`.
#[derive(Clone)]
pub struct Image(Kind);

#[derive(Clone)]
enum Kind {
    Repository(ImageRepositoryRef, Version),
    Registry { name: String, credentials: Option<SecretRef> },
}

#[derive(Clone)]
enum Version {
    Tag(Input<String>),
    Digest(Input<String>),
}

impl Image {
    /// Returns an image of a public registry by its name and tag.
    pub fn public(name: impl Into<String>) -> Self {
        Self(Kind::Registry { name: name.into(), credentials: None })
    }

    /// Returns an image of a private registry by its name and tag, such as `ghcr.io/acme/api:1.4`. The secret is a JSON
    /// object with `username` and `password`.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html>
    pub fn private(name: impl Into<String>, credentials: impl PassedAs<SecretRef>) -> Self {
        Self(Kind::Registry { name: name.into(), credentials: Some(credentials.pass()) })
    }

    /// Returns the name for a container definition.
    pub(super) fn name(&self, scope: &Scope) -> Input<String> {
        match &self.0 {
            Kind::Registry { name, .. } => name.provide(),
            Kind::Repository(repository, Version::Tag(tag)) => {
                template!("{}:{}", repository.located(scope).1, tag).provide()
            }
            Kind::Repository(repository, Version::Digest(digest)) => {
                template!("{}@{}", repository.located(scope).1, digest).provide()
            }
        }
    }

    /// Returns the credentials of a private registry.
    pub(super) fn credentials(&self) -> Option<&SecretRef> {
        match &self.0 {
            Kind::Registry { credentials, .. } => credentials.as_ref(),
            Kind::Repository(..) => None,
        }
    }

    /// Allows `grantee` to pull the image.
    #[track_caller]
    pub(super) fn grant_pull(&self, scope: &Scope, grantee: &impl Grantee) {
        match &self.0 {
            Kind::Repository(repository, _) => grant_pull(repository.located(scope).0, grantee),
            Kind::Registry { credentials: Some(credentials), .. } => credentials.grant_read(grantee),
            Kind::Registry { credentials: None, .. } => {}
        }
    }

    /// Warns of a version that can move.
    pub(super) fn check(&self, scope: &Scope) {
        let tag = match &self.0 {
            Kind::Repository(_, Version::Digest(_)) => return,
            Kind::Repository(_, Version::Tag(tag)) => tag.known().cloned(),
            Kind::Registry { name, .. } if name.contains('@') => return,
            Kind::Registry { name, .. } => {
                // A colon before a slash separates the port of the registry.
                let last = name.rsplit('/').next().unwrap_or_default();
                Some(last.split_once(':').map_or("latest", |(_, tag)| tag).to_owned())
            }
        };
        if tag.as_deref() == Some("latest") {
            scope.report(
                Diagnostic::warning(Code::MovingImage, "a push to the registry changes what this container runs")
                    .got(self.name(scope).known().map_or_else(|| "the tag `latest`".to_owned(), Clone::clone))
                    .help("name the tag of a version, or a digest"),
            );
        }
    }
}

impl From<&str> for Image {
    fn from(name: &str) -> Self {
        Self::public(name)
    }
}

impl From<String> for Image {
    fn from(name: String) -> Self {
        Self::public(name)
    }
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
