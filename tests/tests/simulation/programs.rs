//! Programs, and how their authors change them.

use std::collections::{BTreeMap, BTreeSet};

use apps::checkout::{Settings, checkout};
use groundplan::data::InstanceClass;
use groundplan::observability::Retention;
use groundplan::{Assembly, Environment, Path, ResourceEntry, Value};
use groundplan_testing::assembly;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde_json::{Value as Json, json};

use crate::kinds::{KINDS, Kind};

/// The app of all programs but the checkout.
const APP: &str = "simulated";

/// The goal of a deploy.
#[derive(Clone)]
pub(crate) enum Target {
    /// The account holds this.
    Deployed(Assembly),
    /// The account holds nothing of this app.
    Destroyed(String),
}

/// The goal of a deploy, and the resources that have to be the same before and after it.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) target: Target,
    /// The identity of each resource, by path: resources with the same identity in two versions are the same, and
    /// nothing in the versions allows to create it again.
    pub(crate) things: BTreeMap<Path, String>,
}

impl From<Target> for Version {
    fn from(target: Target) -> Self {
        Self { target, things: BTreeMap::new() }
    }
}

/// The versions that an author deploys one after the other.
pub(crate) fn random(rng: &mut StdRng) -> Vec<Version> {
    let mut graph = Graph::default();
    for _ in 0..rng.random_range(4..14) {
        graph.grow(rng);
    }
    let mut versions = vec![graph.version()];
    for _ in 0..rng.random_range(1..4) {
        for _ in 0..rng.random_range(1..6) {
            graph.edit(rng);
        }
        versions.push(graph.version());
    }
    if rng.random_bool(0.3) {
        versions.push(Target::Destroyed(APP.into()).into());
    }
    versions
}

/// The checkout, whose settings change.
pub(crate) fn checkouts(rng: &mut StdRng) -> Vec<Target> {
    let mut settings = Settings::dev();
    let mut versions = vec![Target::Deployed(assembly(&checkout(&settings)))];
    match rng.random_range(0..3) {
        0 => settings.database = InstanceClass::M6gLarge,
        1 => settings.log_retention = Retention::Year,
        _ => settings.standby = true,
    }
    versions.push(Target::Deployed(assembly(&checkout(&settings))));
    versions.push(Target::Destroyed("checkout-dev".into()));
    versions
}

/// A load balancer behind a distribution behind a record: a chain of things that take minutes, of
/// which each needs no more than the name of the one before.
pub(crate) fn edge() -> Assembly {
    let origin = json!({
        "Id": "web",
        "DomainName": {"$ref": "a/balancer#DNSName"},
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
    });
    let distribution = json!({"DistributionConfig": {
        "Enabled": true,
        "Origins": [origin],
        "DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "https-only"},
    }});
    let record = json!({
        "HostedZoneId": {"$ref": "a/zone#Id"},
        "Name": "www.example.com",
        "Type": "CNAME",
        "TTL": "60",
        "ResourceRecords": [{"$ref": "a/distribution#DomainName"}],
    });
    let subnet = |zone: &str, block: &str| json!({"VpcId": {"$ref": "a/vpc#VpcId"}, "AvailabilityZone": zone, "CidrBlock": block});
    let subnets = json!([{"$ref": "a/subnet-a#SubnetId"}, {"$ref": "a/subnet-b#SubnetId"}]);
    assembled([
        ("vpc", Kind::Vpc.type_name(), json!({"CidrBlock": "10.0.0.0/16"})),
        ("subnet-a", Kind::Subnet.type_name(), subnet("us-east-1a", "10.0.0.0/24")),
        ("subnet-b", Kind::Subnet.type_name(), subnet("us-east-1b", "10.0.1.0/24")),
        ("balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", json!({"Subnets": subnets})),
        ("distribution", "AWS::CloudFront::Distribution", distribution),
        ("zone", Kind::Zone.type_name(), json!({"Name": "example.com"})),
        ("record", Kind::Record.type_name(), record),
    ])
}

/// A program of the stack `a`, from names, types, and properties as a document.
pub(crate) fn assembled<'a>(resources: impl IntoIterator<Item = (&'a str, &'a str, Json)>) -> Assembly {
    let resources = resources.into_iter().map(|(name, type_name, properties)| {
        let Ok(Value::Map(properties)) = Value::from_json(properties) else { panic!("{name} has no properties") };
        (Path::new(format!("a/{name}")), ResourceEntry::new(type_name, properties))
    });
    Assembly {
        format: Assembly::FORMAT,
        app: APP.into(),
        state: None,
        stacks: BTreeMap::from([("a".to_owned(), Environment::new("us-east-1"))]),
        outputs: BTreeMap::new(),
        resources: resources.collect(),
        lookups: BTreeMap::new(),
    }
}

/// Some of everything: early outputs, replacement in both orders, an update, a deletion, a move.
pub(crate) fn small() -> Vec<Target> {
    let version = |change: u32| {
        let mut graph = Graph::default();
        let vpc = graph.add(Kind::Vpc, &[]);
        let subnet = graph.add(Kind::Subnet, &[vpc]);
        let files = graph.add(Kind::FileSystem, &[]);
        graph.add(Kind::MountTarget, &[files, subnet]);
        let group = graph.add(Kind::SecurityGroup, &[vpc]);
        graph.add(Kind::Database, &[group]);
        let topic = graph.add(Kind::Topic, &[]);
        let queue = graph.add(Kind::Queue, &[]);
        graph.add(Kind::Subscription, &[topic, queue]);
        let logs = graph.add(Kind::LogGroup, &[]);
        let role = graph.add(Kind::Role, &[]);
        if change > 0 {
            graph.nodes[group].fixed += 1;
            graph.nodes[topic].fixed += 1;
            graph.nodes[subnet].fixed += 1;
            graph.nodes[queue].delete_first = true;
            graph.nodes[queue].fixed += 1;
            graph.nodes[logs].mutable += 1;
            graph.nodes[files].rename("files".into(), true);
            graph.remove(role);
        }
        Target::Deployed(graph.assembly())
    };
    vec![version(0), version(1), Target::Destroyed(APP.into())]
}

struct Node {
    kind: Kind,
    name: String,
    /// Its place in the list.
    number: usize,
    /// The number in its name and its addresses: two can be swapped.
    label: usize,
    /// The number of times that it became another resource under the same name, or got another name without a
    /// statement.
    life: usize,
    /// The size of its address block.
    size: usize,
    parents: Vec<usize>,
    /// A setting that can be changed in place.
    mutable: usize,
    /// One that cannot.
    fixed: usize,
    delete_first: bool,
    /// All names that it had: the last deployed version is unknown.
    names: BTreeSet<String>,
}

/// A program that can be edited. A node's place in the list names it.
#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    removed: BTreeSet<usize>,
}

impl Graph {
    fn add(&mut self, kind: Kind, parents: &[usize]) -> usize {
        let number = self.nodes.len();
        let name = format!("{}-{number}", format!("{kind:?}").to_lowercase());
        let parents = parents.to_vec();
        self.nodes.push(Node {
            kind,
            name,
            number,
            label: number,
            life: 0,
            size: 0,
            parents,
            mutable: 0,
            fixed: 0,
            delete_first: false,
            names: BTreeSet::new(),
        });
        number
    }

    fn standing(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| !self.removed.contains(&node.number))
    }

    /// Adds a node of some kind, and what it is made of where that is missing.
    fn grow(&mut self, rng: &mut StdRng) {
        let kind = *KINDS.choose(rng).expect("there are kinds");
        self.grow_kind(kind, rng);
    }

    fn grow_kind(&mut self, kind: Kind, rng: &mut StdRng) -> usize {
        let mut parents = Vec::new();
        for parent in kind.parents() {
            if kind.stands_alone() && rng.random_bool(0.3) {
                continue;
            }
            // A function's role changes in place, so the role must be free to stand twice: unnamed.
            // A bucket has one policy.
            let fits = |node: &Node| match kind {
                Kind::Function => !node.is_named(),
                Kind::BucketPolicy => !self.standing().any(|other| other.parents == [node.number]),
                _ => true,
            };
            let candidates = self.standing().filter(|node| node.kind == *parent && fits(node));
            let found = candidates.choose(rng).map(|node| node.number);
            let mut number = found.unwrap_or_else(|| self.grow_kind(*parent, rng));
            if kind == Kind::Function && self.nodes[number].is_named() {
                number = self.grow_kind(*parent, rng);
            }
            parents.push(number);
        }
        // A topic has one subscription of a queue, and a file system one mount target in a subnet.
        if matches!(kind, Kind::Subscription | Kind::MountTarget)
            && self.standing().any(|other| other.kind == kind && other.parents == parents)
        {
            parents[0] = self.grow_kind(kind.parents()[0], rng);
        }
        self.add(kind, &parents)
    }

    fn edit(&mut self, rng: &mut StdRng) {
        let some = self.standing().choose(rng).map(|node| node.number);
        let (Some(number), true) = (some, rng.random_bool(0.8)) else { return self.grow(rng) };
        let node = &mut self.nodes[number];
        match rng.random_range(0..16) {
            0..3 => node.mutable += 1,
            3..6 => node.fixed += 1,
            6 => node.delete_first = node.kind.takes_consumers_along() && !node.delete_first,
            7 => node.rename(format!("{}x", node.name), true),
            8 | 9 => node.rename(format!("{}y", node.name), false),
            10 => node.size += 1,
            11 | 12 => self.swap(number, rng),
            13 => self.retype(number, rng),
            _ => self.remove(number),
        }
    }

    /// Gives a node the names of another one of its kind, and that one its own.
    fn swap(&mut self, number: usize, rng: &mut StdRng) {
        let node = &self.nodes[number];
        let fits = |other: &&Node| {
            other.number != number
                && other.kind == node.kind
                && other.parents == node.parents
                && other.is_named() == node.is_named()
        };
        let Some(other) = self.standing().filter(fits).choose(rng).map(|other| other.number) else {
            // A later change finds the two of them.
            let (kind, parents) = (node.kind, node.parents.clone());
            if !matches!(kind, Kind::BucketPolicy | Kind::Subscription | Kind::MountTarget) {
                self.add(kind, &parents);
            }
            return;
        };
        let (mine, theirs) = (self.nodes[number].label, self.nodes[other].label);
        (self.nodes[number].label, self.nodes[other].label) = (theirs, mine);
    }

    /// Makes something else of a node, under the same name.
    fn retype(&mut self, number: usize, rng: &mut StdRng) {
        let kinds = KINDS.into_iter().filter(|kind| kind.parents().is_empty() && *kind != self.nodes[number].kind);
        let kind = kinds.choose(rng).expect("there are kinds that need nothing");
        self.children(number).into_iter().for_each(|child| self.remove(child));
        let node = &mut self.nodes[number];
        // What it was called before was another thing.
        (node.kind, node.parents, node.life, node.delete_first) = (kind, Vec::new(), node.life + 1, false);
        node.names.clear();
    }

    fn children(&self, number: usize) -> Vec<usize> {
        self.standing().filter(|node| node.parents.contains(&number)).map(|node| node.number).collect()
    }

    /// Removes a node with all that is made of it.
    fn remove(&mut self, number: usize) {
        if self.removed.insert(number) {
            self.children(number).into_iter().for_each(|child| self.remove(child));
        }
    }

    fn version(&self) -> Version {
        let things = self.standing().map(|node| (Path::new(format!("a/{}", node.name)), self.thing(node)));
        Version { target: Target::Deployed(self.assembly()), things: things.collect() }
    }

    /// Returns the identity of a node, as in [`Version::things`].
    fn thing(&self, node: &Node) -> String {
        let Node { kind, number, label, life, size, fixed, .. } = node;
        let parents: Vec<_> = node.parents.iter().map(|parent| self.thing(&self.nodes[*parent])).collect();
        format!("{kind:?} {number} {label} {life} {size} {fixed} of {parents:?}")
    }

    fn assembly(&self) -> Assembly {
        let entries = self.standing().map(|node| (&*node.name, node.kind.type_name(), node.properties(self)));
        let mut assembly = assembled(entries);
        for node in self.standing() {
            let entry = assembly.resources.get_mut(&*format!("a/{}", node.name)).expect("it was just put in");
            entry.moved_from = node.names.iter().map(|name| Path::new(format!("a/{name}"))).collect();
            entry.lifecycle.delete_before_create = node.delete_first;
        }
        let named = self.standing().filter(|node| node.kind == Kind::Vpc);
        let outputs = named.map(|node| {
            let value = Value::from_json(json!({"$ref": format!("a/{}#VpcId", node.name)})).expect("a reference");
            (node.name.clone(), value)
        });
        assembly.outputs = outputs.collect();
        assembly
    }
}

impl Node {
    /// Gives it another path, and states that in the program if `told`.
    fn rename(&mut self, name: String, told: bool) {
        let before = std::mem::replace(&mut self.name, name);
        if told {
            self.names.insert(before);
            return;
        }
        // Where there is one of it, it is found to be the same all the same.
        self.names.clear();
        self.life += usize::from(!self.kind.is_one_of_a_kind() && self.named().is_none());
    }

    /// The property that names it, where the program does.
    fn named(&self) -> Option<&'static str> {
        let name = match self.kind {
            Kind::Role => "RoleName",
            Kind::LogGroup => "LogGroupName",
            Kind::Queue => "QueueName",
            Kind::Topic => "TopicName",
            Kind::Bucket => "BucketName",
            Kind::Table => "TableName",
            Kind::Secret => "Name",
            Kind::Database => "DBInstanceIdentifier",
            _ => return None,
        };
        self.is_named().then_some(name)
    }

    /// Returns whether the program names it, so that two cannot coexist.
    fn is_named(&self) -> bool {
        self.number % 2 == 1
    }

    fn properties(&self, graph: &Graph) -> Json {
        let Self { kind, label, mutable, fixed, .. } = self;
        let parent = |kind: Kind| self.parents.iter().map(|parent| &graph.nodes[*parent]).find(|it| it.kind == kind);
        let of = |kind: Kind, attribute: &str| {
            let parent = parent(kind).expect("it has such a parent");
            json!({"$ref": format!("a/{}#{attribute}", parent.name)})
        };
        let policy = |action: &str| {
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": "*", "Sid": format!("v{mutable}")}
            ]})
        };
        let block = |vpc: &Node| vpc.number * 4 + vpc.fixed % 4;
        let mut properties = match kind {
            Kind::Vpc => json!({
                "CidrBlock": format!("10.{}.0.0/16", block(self)),
                "EnableDnsHostnames": mutable % 2 == 1,
            }),
            Kind::Subnet => json!({
                "VpcId": of(Kind::Vpc, "VpcId"),
                "CidrBlock": format!(
                    "10.{}.{label}.0/{}",
                    block(parent(Kind::Vpc).expect("it has a network")),
                    24 + self.size % 3
                ),
                "AvailabilityZone": format!("us-east-1{}", ["a", "b", "c"][fixed % 3]),
                "MapPublicIpOnLaunch": mutable % 2 == 1,
            }),
            Kind::SecurityGroup => json!({
                "VpcId": of(Kind::Vpc, "VpcId"),
                "GroupDescription": format!("version {fixed}"),
                // More and fewer of them.
                "Tags": (0..=mutable % 3).map(|tag| json!({"Key": format!("t{tag}"), "Value": mutable.to_string()})).collect::<Vec<_>>(),
            }),
            Kind::RouteTable => json!({
                "VpcId": of(Kind::Vpc, "VpcId"),
                "Tags": [{"Key": "version", "Value": mutable.to_string()}],
            }),
            Kind::Role => json!({
                "AssumeRolePolicyDocument": policy("sts:AssumeRole"),
                "Path": format!("/v{fixed}/"),
            }),
            Kind::RolePolicy => json!({
                "RoleName": of(Kind::Role, "RoleName"),
                "PolicyName": format!("p{label}-{fixed}"),
                "PolicyDocument": policy("s3:GetObject"),
            }),
            Kind::Key => json!({
                "Description": format!("version {mutable}"),
                "MultiRegion": fixed % 2 == 1,
                "KeyPolicy": policy("kms:*"),
            }),
            Kind::Alias => json!({
                "AliasName": format!("alias/k{label}-{fixed}"),
                "TargetKeyId": of(Kind::Key, "KeyId"),
            }),
            Kind::LogGroup => json!({"RetentionInDays": ([1, 3, 5, 7, 14][mutable % 5])}),
            Kind::Queue => json!({"VisibilityTimeout": mutable}),
            Kind::Topic => json!({"DisplayName": format!("version {mutable}")}),
            Kind::Subscription => json!({
                "TopicArn": of(Kind::Topic, "TopicArn"),
                "Endpoint": of(Kind::Queue, "Arn"),
                "Protocol": "sqs",
                "RawMessageDelivery": mutable % 2 == 1,
            }),
            Kind::Bucket => json!({"Tags": [{"Key": "version", "Value": mutable.to_string()}]}),
            Kind::BucketPolicy => json!({
                "Bucket": of(Kind::Bucket, "BucketName"),
                "PolicyDocument": policy("s3:GetObject"),
            }),
            Kind::Table => json!({
                "AttributeDefinitions": [{"AttributeName": format!("id{fixed}"), "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": format!("id{fixed}"), "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "Tags": [{"Key": "version", "Value": mutable.to_string()}],
            }),
            Kind::Function => json!({
                "Role": of(Kind::Role, "Arn"),
                "Code": {"ZipFile": "exports.handler = () => {}"},
                "Handler": "index.handler",
                "Runtime": "nodejs22.x",
                "Timeout": 3 + mutable,
            }),
            Kind::Secret => json!({
                "Description": format!("version {mutable}"),
                "SecretString": {"$secret": {"generated": {"length": 20}}},
            }),
            Kind::Database => json!({
                "Engine": "postgres",
                "AllocatedStorage": (20 + mutable).to_string(),
                "DBInstanceClass": "db.m6g.large",
                "MasterUsername": format!("admin{fixed}"),
            }),
            Kind::FileSystem => json!({
                "Encrypted": fixed % 2 == 1,
                "ThroughputMode": (["bursting", "elastic"][mutable % 2]),
            }),
            Kind::MountTarget => json!({
                "FileSystemId": of(Kind::FileSystem, "FileSystemId"),
                "SubnetId": of(Kind::Subnet, "SubnetId"),
                "SecurityGroups": [],
            }),
            Kind::Zone => json!({
                "Name": format!("zone{label}-{fixed}.example.com"),
                "HostedZoneConfig": {"Comment": format!("version {mutable}")},
            }),
            Kind::Record => json!({
                "HostedZoneId": of(Kind::Zone, "Id"),
                "Name": format!("www{label}-{fixed}.zone.example.com"),
                "Type": "A",
                "TTL": (60 + mutable).to_string(),
                "ResourceRecords": ["192.0.2.1"],
            }),
        };
        if let Some(name) = self.named() {
            // Half of the named ones keep their name when they are replaced.
            let version = if label % 4 == 1 { 0 } else { *fixed };
            properties[name] = format!("named-{label}-{version}").into();
        }
        if *kind == Kind::LogGroup && parent(Kind::Key).is_some() {
            properties["KmsKeyId"] = of(Kind::Key, "Arn");
        }
        if *kind == Kind::Database {
            if parent(Kind::SecurityGroup).is_some() {
                properties["VPCSecurityGroups"] = json!([of(Kind::SecurityGroup, "GroupId")]);
            }
            properties["MasterUserPassword"] = match parent(Kind::Secret) {
                Some(_) => json!({"$secret": {"secrets_manager": {"secret": of(Kind::Secret, "Id")}}}),
                None => json!({"$secret": {"generated": {"length": 20}}}),
            };
        }
        properties
    }
}
