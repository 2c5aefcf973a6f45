//! ECR repositories.

use groundplan_core::{
    Code, Construct, Diagnostic, Handle, Output, Provides, Scope, Template, main_resource, template,
};
use groundplan_resources::ecr;
use groundplan_resources::ecr::repository::{EncryptionType, ImageTagMutability};

use super::image::{Image, ImageRepositoryRef, grant_pull};
use crate::identity::{Grantee, KmsKeyRef, Statement};
use crate::passed_as::PassedAs;

/// The days after which an untagged image expires: time enough to inspect one that a build left.
const UNTAGGED_DAYS: u16 = 14;

/// A private repository of container images in Amazon ECR.
///
/// A tag cannot be moved to another image, so what was tested is what runs. Images are scanned when they are
/// pushed. Untagged images expire after 14 days.
///
/// ```
/// use groundplan_constructs::containers::ImageRepository;
/// use groundplan_constructs::identity::{Principal, Role};
/// use groundplan_core::{App, Environment};
///
/// let app = App::new("account");
/// let stack = app.stack("account", Environment::new("us-east-1"));
/// let images = stack.add("saleor", ImageRepository::new().name("saleor").keep(50));
/// let builds = stack.add("builds", Role::new(Principal::service("codebuild.amazonaws.com")));
/// images.grant_push(&builds);
/// stack.export("image", images.image_uri("3.21.1"));
/// # app.synth().expect("it is valid");
/// ```
#[derive(Default)]
pub struct ImageRepository {
    name: Option<String>,
    key: Option<KmsKeyRef>,
    mutable_tags: bool,
    keep: Option<u16>,
}

impl ImageRepository {
    /// Creates a repository with a generated name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refers to an existing repository by its name, which can be an export of another app. It belongs to the account and
    /// region of the stack that uses its images, unless the reference states others.
    ///
    /// ```
    /// use groundplan_constructs::containers::{Container, ImageRepository};
    /// use groundplan_core::Export;
    /// use groundplan_resources::ecr::RepositoryName;
    /// const SALEOR: Export<RepositoryName> = Export::new("account", "saleor");
    /// let saleor = Container::new(ImageRepository::existing(SALEOR).image("3.21.1"));
    /// ```
    pub fn existing(name: impl Provides<ecr::RepositoryName>) -> ImageRepositoryRef {
        ImageRepositoryRef::existing(name.provide())
    }

    /// Sets the name, such as `acme/saleor`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Encrypts the images with this key instead of AES-256 with a key of S3. The encryption of a repository
    /// cannot be changed later: the repository is replaced. Who pushes and pulls needs no permission for the key.
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html>
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.pass());
        self
    }

    /// Allows a push to move a tag, such as `latest`, to another image.
    #[must_use]
    pub fn mutable_tags(mut self) -> Self {
        self.mutable_tags = true;
        self
    }

    /// Keeps only this number of images, the most recently pushed ones. Default: all tagged images are kept.
    ///
    /// A service that still runs an expired image cannot start another task of it, so keep more images than there
    /// can be deploys between two restarts.
    #[must_use]
    pub fn keep(mut self, images: u16) -> Self {
        self.keep = Some(images);
        self
    }

    /// The rules of expiry, of which the one for all images has to be the last.
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
    fn expiry(&self) -> String {
        let rule = |priority: u8, selection: String| {
            format!(r#"{{"rulePriority":{priority},"selection":{{{selection}}},"action":{{"type":"expire"}}}}"#)
        };
        let untagged = format!(
            r#""tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":{UNTAGGED_DAYS}"#
        );
        let surplus = self
            .keep
            .map(|images| format!(r#""tagStatus":"any","countType":"imageCountMoreThan","countNumber":{images}"#));
        let rules = [rule(1, untagged)].into_iter().chain(surplus.map(|selection| rule(2, selection)));
        format!(r#"{{"rules":[{}]}}"#, rules.collect::<Vec<_>>().join(","))
    }
}

/// The handle of an [`ImageRepository`].
#[derive(Clone)]
pub struct ImageRepositoryHandle {
    /// The repository.
    pub repository: Handle<ecr::Repository>,
}

impl Construct for ImageRepository {
    type Handle = ImageRepositoryHandle;

    fn build(self, scope: &Scope) -> ImageRepositoryHandle {
        if self.keep == Some(0) {
            let error = Diagnostic::error(Code::NoImages, "a repository has to keep at least one image");
            scope.report(error.got(0).allowed("1 or more").help("leave `keep` out to keep all tagged images"));
        }
        let mutability = if self.mutable_tags { ImageTagMutability::MUTABLE } else { ImageTagMutability::IMMUTABLE };
        let mut repository = ecr::Repository::new()
            .image_tag_mutability(mutability)
            .image_scanning_configuration(ecr::repository::ImageScanningConfiguration::new().scan_on_push(true))
            .lifecycle_policy(ecr::repository::LifecyclePolicy::new().lifecycle_policy_text(self.expiry()));
        if let Some(name) = self.name {
            repository = repository.repository_name(name);
        }
        if let Some(key) = &self.key {
            key.check(scope);
            let encryption = ecr::repository::EncryptionConfiguration::new(EncryptionType::KMS).kms_key(key.arn());
            repository = repository.encryption_configuration(encryption);
        }
        ImageRepositoryHandle { repository: scope.resource(repository) }
    }
}

main_resource!(ImageRepositoryHandle, repository: ecr::Repository);

impl ImageRepositoryHandle {
    /// Returns the ARN of the repository.
    pub fn arn(&self) -> Output<ecr::RepositoryArn> {
        self.repository.arn()
    }

    /// Returns the image with this tag, for a container.
    pub fn image(&self, tag: impl Provides<String>) -> Image {
        PassedAs::<ImageRepositoryRef>::pass(self).image(tag)
    }

    /// Returns the image with this digest, such as `sha256:` and 64 hexadecimal digits, for a container.
    pub fn image_by_digest(&self, digest: impl Provides<String>) -> Image {
        PassedAs::<ImageRepositoryRef>::pass(self).image_by_digest(digest)
    }

    /// Returns the name of the image with this tag, such as
    /// `123456789012.dkr.ecr.us-east-1.amazonaws.com/saleor:3.21.1`.
    pub fn image_uri(&self, tag: impl Provides<String>) -> Template {
        template!("{}:{}", self.repository.repository_uri(), tag.provide())
    }

    /// Allows `grantee` to pull images.
    #[track_caller]
    pub fn grant_pull(&self, grantee: &impl Grantee) {
        grant_pull(self.arn().into(), grantee);
    }

    /// Allows `grantee` to push images.
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html>
    #[track_caller]
    pub fn grant_push(&self, grantee: &impl Grantee) {
        let push = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ];
        let identity = grantee.identity();
        identity.grant(Statement::allow(push).on([self.arn()]));
        // The token of a registry is for all of its repositories.
        identity.grant(Statement::allow(["ecr:GetAuthorizationToken"]).on_all());
    }
}

impl PassedAs<ImageRepositoryRef> for &ImageRepositoryHandle {
    fn pass(self) -> ImageRepositoryRef {
        ImageRepositoryRef::own(self.arn().into(), self.repository.repository_uri().into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fixture::{assembly, findings, properties, statements};
    use crate::identity::{KmsKey, Principal, Role, RoleHandle};

    fn repository(repository: ImageRepository) -> Json {
        properties(&assembly("us-east-1", |stack| drop(stack.add("images", repository))), "shop/images")
    }

    fn rules(images: ImageRepository) -> Json {
        let properties = repository(images);
        let text = properties["LifecyclePolicy"]["LifecyclePolicyText"].as_str().expect("it is text");
        serde_json::from_str::<Json>(text).expect("it is JSON")["rules"].take()
    }

    #[test]
    fn by_default_tags_are_immutable_and_images_are_scanned_and_encrypted_by_ecr() {
        let properties = repository(ImageRepository::new());
        assert_eq!(properties["ImageTagMutability"], "IMMUTABLE");
        assert_eq!(properties["ImageScanningConfiguration"], json!({"ScanOnPush": true}));
        assert_eq!((properties.get("EncryptionConfiguration"), properties.get("RepositoryName")), (None, None));
        let selection =
            json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14});
        let untagged = json!({"rulePriority": 1, "selection": selection, "action": {"type": "expire"}});
        assert_eq!(rules(ImageRepository::new()), json!([untagged]));
    }

    #[test]
    fn each_setting_has_its_effect() {
        let images = repository(ImageRepository::new().name("acme/saleor").mutable_tags());
        assert_eq!(
            (&images["RepositoryName"], &images["ImageTagMutability"]),
            (&json!("acme/saleor"), &json!("MUTABLE"))
        );
        let kept = &rules(ImageRepository::new().keep(50))[1];
        let selection = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50});
        assert_eq!(*kept, json!({"rulePriority": 2, "selection": selection, "action": {"type": "expire"}}));
        let assembly = assembly("us-east-1", |stack| {
            let key = stack.add("key", KmsKey::new("images"));
            stack.add("images", ImageRepository::new().encrypted_with(&key));
        });
        let images = properties(&assembly, "shop/images");
        assert_eq!(
            images["EncryptionConfiguration"],
            json!({"EncryptionType": "KMS", "KmsKey": {"$ref": "shop/key#Arn"}})
        );
    }

    #[test]
    fn grants_are_for_this_repository_and_for_the_token_of_the_registry() {
        let granted = |grant: fn(&ImageRepositoryHandle, &RoleHandle)| {
            let assembly = assembly("us-east-1", |stack| {
                let images = stack.add("images", ImageRepository::new());
                grant(&images, &stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com"))));
            });
            let statements = statements(&assembly, "shop/role/policy");
            assert_eq!(statements[1]["Action"], json!("ecr:GetAuthorizationToken"));
            assert_eq!(statements[1]["Resource"], json!("*"));
            assert_eq!(statements[0]["Resource"], json!({"$ref": "shop/images#Arn"}));
            statements[0]["Action"].to_string()
        };
        let pull = granted(ImageRepositoryHandle::grant_pull);
        assert!(pull.contains("ecr:GetDownloadUrlForLayer") && !pull.contains("ecr:PutImage"), "{pull}");
        let push = granted(ImageRepositoryHandle::grant_push);
        assert!(push.contains("ecr:PutImage") && !push.contains("ecr:GetDownloadUrlForLayer"), "{push}");
    }

    #[test]
    fn an_image_is_named_by_its_repository_and_tag() {
        let assembly = assembly("us-east-1", |stack| {
            let images = stack.add("images", ImageRepository::new());
            stack.export("image", images.image_uri("3.21.1"));
        });
        let image = assembly.outputs["image"].to_json();
        assert_eq!(image, json!({"$template": [{"$ref": "shop/images#RepositoryUri"}, ":3.21.1"]}));
    }

    #[test]
    fn a_repository_that_keeps_nothing_is_refused() {
        let found = findings(|stack| drop(stack.add("images", ImageRepository::new().keep(0))));
        assert!(found.starts_with("error[GP0341]: a repository has to keep at least one image"), "{found}");
    }
    #[test]
    fn a_key_of_another_region_is_refused() {
        use groundplan_resources::kms::KeyArn;
        let key = KmsKey::existing(KeyArn::new("arn:aws:kms:eu-west-1:111122223333:key/1"));
        let found = findings(|stack| drop(stack.add("images", ImageRepository::new().encrypted_with(&key))));
        assert!(found.starts_with("error[GP0306]: this key cannot encrypt the resource"), "{found}");
    }
}
