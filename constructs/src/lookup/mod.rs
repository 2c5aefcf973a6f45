//! Lookups find what exists already, by tags or names, while a plan is made.
//!
//! A lookup is added to a scope like a resource, and its handle fits where a reference to something that exists
//! fits. The program states the query and contains no ids; synth makes no request. A plan reads AWS and shows the
//! answer, and the deploy keeps it in the state. From then on the answer is used, even if AWS would answer differently:
//! a new machine image replaces no instance until a plan with a refresh reads the lookups again and shows what follows.
//! An answer that lacks something that the program uses by now is read again at once.
//!
//! Nothing found, and several found, are errors that list what exists.
//!
//! ```
//! use groundplan_constructs::data::PostgresDatabase;
//! use groundplan_constructs::lookup::{Architecture, Image, Lookup};
//! use groundplan_core::{App, Environment};
//! use groundplan_resources::ec2;
//!
//! let app = App::new("shop");
//! let stack = app.stack("shop", Environment::new("eu-central-1"));
//! let shared = stack.add("shared", Lookup::vpc().tag("Name", "shared"));
//! let image = stack.add("image", Lookup::image(Image::amazon_linux_2023(Architecture::Arm64)));
//! let bastion = ec2::Instance::new().image_id(&image).instance_type("t4g.nano");
//! stack.add("bastion", bastion.subnet_id(shared.private_subnet_id(0)));
//! stack.add("database", PostgresDatabase::new(&shared));
//! # app.synth().expect("it is valid");
//! ```

mod image;
mod vpc;
mod zone;

use groundplan_core::lookup::{self as core, PUBLIC_PARAMETERS, Query};
use groundplan_core::{Code, Construct, Diagnostic, Input, List, Node, Output, Provides, Scope};
use groundplan_resources::ec2;
use serde_json::{Map, Value as Json};

pub use image::{Architecture, Image};
pub use vpc::{FoundVpc, VpcAnswer, VpcLookup};
pub use zone::{HostedZoneLookup, PrivateZoneLookup};

use crate::PassedAs;
use crate::network::Peer;

/// Constructors of lookups. The functions return arguments of [`Scope::add`].
pub struct Lookup;

impl Lookup {
    /// Looks up a VPC of the region, with its subnets: by [tags](VpcLookup::tag), [id](VpcLookup::id) or
    /// [owner](VpcLookup::owned_by), or the [default VPC](VpcLookup::default_vpc).
    pub fn vpc() -> VpcLookup {
        VpcLookup::default()
    }

    /// Looks up the current id of a machine image that AWS publishes.
    pub fn image(image: Image) -> PublicParameterLookup {
        Self::public_parameter(image.parameter())
    }

    /// Looks up the value of a public parameter of Systems Manager, such as
    /// `/aws/service/bottlerocket/aws-k8s-1.33/arm64/latest/image_id`. Its name begins with `/aws/service/`.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html>
    pub fn public_parameter(name: impl Into<String>) -> PublicParameterLookup {
        PublicParameterLookup { name: name.into() }
    }

    /// Looks up the availability zones of the region of the stack that are available to the account: without Local
    /// Zones and Wavelength Zones, and without zones in which something is wrong.
    pub fn availability_zones() -> AvailabilityZonesLookup {
        AvailabilityZonesLookup
    }

    /// Looks up a managed prefix list by its name, such as `com.amazonaws.global.cloudfront.origin-facing`. A rule of a
    /// security group with a list counts as many rules as the list can have entries: 55 of the 60 of a group for the
    /// one of CloudFront.
    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html>
    pub fn prefix_list(name: impl Into<String>) -> PrefixListLookup {
        PrefixListLookup { name: name.into() }
    }

    /// Looks up the public hosted zone of a domain, such as `example.com`; its private zone with
    /// [`private`](HostedZoneLookup::private).
    pub fn hosted_zone(domain: impl AsRef<str>) -> HostedZoneLookup {
        HostedZoneLookup::new(domain.as_ref())
    }
}

/// Reports a lookup that cannot find anything.
fn report(scope: &Scope, message: &str, got: impl std::fmt::Debug, help: &str) {
    scope.report(Diagnostic::error(Code::InvalidLookup, message).got(format!("{got:?}")).help(help));
}

/// Returns the outputs of an answer.
fn outputs<const N: usize>(outputs: [(&str, Json); N]) -> Map<String, Json> {
    outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A lookup of a public parameter: [`Lookup::image`] and [`Lookup::public_parameter`]. Its handle is the value.
pub struct PublicParameterLookup {
    name: String,
}

impl Construct for PublicParameterLookup {
    type Handle = Output<String>;

    fn build(self, scope: &Scope) -> Output<String> {
        if !self.name.starts_with(PUBLIC_PARAMETERS) {
            let help = "pass the name of a parameter that AWS publishes below `/aws/service/`";
            report(scope, "this is not the name of a public parameter", &self.name, help);
        }
        scope.lookup(core::Lookup::query(&self)).output("Value")
    }
}

/// A test states the value.
impl core::Lookup for PublicParameterLookup {
    type Answer = String;

    fn query(&self) -> Query {
        Query::PublicParameter { name: self.name.clone() }
    }

    fn outputs(value: String) -> Map<String, Json> {
        outputs([("Value", value.into())])
    }
}

/// A lookup of the availability zones of a region: [`Lookup::availability_zones`].
pub struct AvailabilityZonesLookup;

/// The handle of an [`AvailabilityZonesLookup`].
#[derive(Clone)]
pub struct FoundZones {
    node: Node,
}

impl FoundZones {
    /// Returns the names of the zones, such as `eu-central-1a`, in alphabetical order.
    pub fn names(&self) -> Output<List<String>> {
        self.node.output("ZoneNames")
    }

    /// Returns the ids of the zones, such as `euc1-az2`, in the order of their names. The same name can mean another
    /// zone in another account; an id means the same zone everywhere.
    pub fn ids(&self) -> Output<List<String>> {
        self.node.output("ZoneIds")
    }

    /// Returns the name of the zone at `position`, counted from zero. A plan is refused where there are fewer.
    pub fn name(&self, position: usize) -> Output<String> {
        self.node.output(&format!("ZoneNames.{position}"))
    }
}

impl Construct for AvailabilityZonesLookup {
    type Handle = FoundZones;

    fn build(self, scope: &Scope) -> FoundZones {
        FoundZones { node: scope.lookup(core::Lookup::query(&self)) }
    }
}

/// A test states pairs of a name and an id.
impl core::Lookup for AvailabilityZonesLookup {
    type Answer = Vec<(String, String)>;

    fn query(&self) -> Query {
        Query::AvailabilityZones
    }

    fn outputs(zones: Self::Answer) -> Map<String, Json> {
        let (names, ids): (Vec<_>, Vec<_>) = zones.into_iter().unzip();
        outputs([("ZoneNames", names.into()), ("ZoneIds", ids.into())])
    }
}

/// A lookup of a managed prefix list: [`Lookup::prefix_list`].
pub struct PrefixListLookup {
    name: String,
}

/// The handle of a [`PrefixListLookup`]: a [`Peer`] of rules of security groups.
#[derive(Clone)]
pub struct FoundPrefixList {
    name: String,
    id: Output<ec2::PrefixListId>,
}

impl FoundPrefixList {
    /// Returns the id of the prefix list.
    pub fn id(&self) -> Output<ec2::PrefixListId> {
        self.id.clone()
    }
}

impl Construct for PrefixListLookup {
    type Handle = FoundPrefixList;

    fn build(self, scope: &Scope) -> FoundPrefixList {
        let id = scope.lookup(core::Lookup::query(&self)).output("PrefixListId");
        let name = self.name.strip_prefix("com.amazonaws.").unwrap_or(&self.name).replace('/', "-");
        FoundPrefixList { name, id }
    }
}

/// A test states the id.
impl core::Lookup for PrefixListLookup {
    type Answer = String;

    fn query(&self) -> Query {
        Query::PrefixList { name: self.name.clone() }
    }

    fn outputs(id: String) -> Map<String, Json> {
        outputs([("PrefixListId", id.into())])
    }
}

impl PassedAs<Peer> for &FoundPrefixList {
    fn pass(self) -> Peer {
        Peer::prefix_list(&self.name, self.id())
    }
}

impl Provides<ec2::PrefixListId> for &FoundPrefixList {
    fn provide(self) -> Input<ec2::PrefixListId> {
        self.id().into()
    }
}

#[cfg(test)]
mod tests;
