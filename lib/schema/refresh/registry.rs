//! AWS's registry schemas, as cfn-lint ships them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::Result;

/// `format` values that name an attribute of a resource type, as (format, type, attribute).
const FORMATS: [(&str, &str, &str); 14] = [
    ("AWS::ACM::Certificate.Arn", "AWS::CertificateManager::Certificate", "CertificateArn"),
    ("AWS::EC2::SecurityGroup.Id", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::Subnet.Id", "AWS::EC2::Subnet", "SubnetId"),
    ("AWS::EC2::VPC.Id", "AWS::EC2::VPC", "VpcId"),
    ("AWS::IAM::Role.Arn", "AWS::IAM::Role", "Arn"),
    ("AWS::KMS::Alias.AliasName", "AWS::KMS::Alias", "AliasName"),
    ("AWS::KMS::Key.Arn", "AWS::KMS::Key", "Arn"),
    ("AWS::KMS::Key.Id", "AWS::KMS::Key", "KeyId"),
    ("AWS::Lambda::Function.Arn", "AWS::Lambda::Function", "Arn"),
    ("AWS::Logs::LogGroup.Name", "AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::Route53::HostedZone.Id", "AWS::Route53::HostedZone", "Id"),
    ("AWS::S3::Bucket.Name", "AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic.Arn", "AWS::SNS::Topic", "TopicArn"),
    ("AWS::SQS::Queue.Arn", "AWS::SQS::Queue", "Arn"),
];

/// The schemas of all types, read one by one.
pub(crate) struct Registry {
    folder: PathBuf,
    files: BTreeMap<String, String>,
}

/// The schema of one type.
pub(crate) struct Schema {
    root: Value,
    write_only: BTreeSet<String>,
}

/// A place in a schema: the object there, and the path of property names that leads to it.
#[derive(Clone)]
pub(crate) struct Place<'a> {
    schema: &'a Schema,
    nodes: Vec<&'a Value>,
    path: Vec<String>,
}

impl Registry {
    /// Every region lists its types; where several have one, us-east-1's schema is taken.
    pub(crate) fn new(folder: PathBuf) -> Result<Self> {
        let mut regions: Vec<PathBuf> =
            fs::read_dir(folder.join("providers"))?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
        regions.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        regions.sort_by_key(|path| (!path.ends_with("us-east-1.json"), path.clone()));
        let mut files = BTreeMap::new();
        for region in regions {
            let listed: BTreeMap<String, String> = serde_json::from_slice(&fs::read(region)?)?;
            for (name, file) in listed {
                files.entry(name).or_insert(file);
            }
        }
        Ok(Self { folder, files })
    }

    pub(crate) fn schema(&self, name: &str) -> Result<Option<Schema>> {
        let Some(file) = self.files.get(name) else { return Ok(None) };
        let path = self.folder.join("resources").join(format!("{file}.json"));
        let root: Value = serde_json::from_slice(&fs::read(path)?)?;
        let write_only = texts(&root["writeOnlyProperties"]).map(plain_path).collect();
        Ok(Some(Schema { root, write_only }))
    }
}

impl Schema {
    /// The operations that the registry has handlers for; Cloud Control can do no others.
    pub(crate) fn handlers(&self) -> Vec<&str> {
        let handlers = self.root["handlers"].as_object();
        ["create", "read", "update", "delete", "list"]
            .into_iter()
            .filter(|name| handlers.is_some_and(|handlers| handlers.contains_key(*name)))
            .collect()
    }

    /// Returns whether a replacement has to delete the old resource before it creates the new one.
    pub(crate) fn deletes_first(&self) -> bool {
        self.root["replacementStrategy"] == "delete_then_create"
    }

    pub(crate) fn top(&self) -> Place<'_> {
        Place { schema: self, nodes: vec![&self.root], path: Vec::new() }
    }
}

impl<'a> Place<'a> {
    /// The place of a property, looking through lists, maps, references and alternatives.
    pub(crate) fn property(&self, name: &str) -> Place<'a> {
        let mut nodes = Vec::new();
        for node in self.shapes() {
            nodes.extend(node["properties"].get(name));
        }
        let path = self.path.iter().cloned().chain([name.to_owned()]).collect();
        Place { schema: self.schema, nodes, path }
    }

    /// Returns whether AWS accepts the property and never returns it, by itself or as a part.
    pub(crate) fn write_only(&self) -> bool {
        (1..=self.path.len()).any(|end| self.schema.write_only.contains(&self.path[..end].join("/")))
    }

    /// The values that are allowed, where the registry lists them.
    pub(crate) fn allowed(&self) -> Vec<Value> {
        let mut allowed = Vec::new();
        for node in self.shapes() {
            for value in node["enum"].as_array().into_iter().flatten() {
                if !allowed.contains(value) {
                    allowed.push(value.clone());
                }
            }
        }
        allowed
    }

    /// Returns whether the registry states that the order of this list has no meaning (`"insertionOrder": false`).
    pub(crate) fn unordered(&self) -> bool {
        let mut lists = self.alternatives().into_iter().filter(|node| node.get("items").is_some()).peekable();
        lists.peek().is_some() && lists.all(|node| node["insertionOrder"] == false)
    }

    /// Returns the types and attributes that this text identifies.
    pub(crate) fn identifies(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        for node in self.shapes() {
            let format = node["format"].as_str();
            for (_, name, attribute) in FORMATS.iter().filter(|(known, ..)| format == Some(*known)) {
                if !found.contains(&(*name, *attribute)) {
                    found.push((*name, *attribute));
                }
            }
        }
        found
    }

    /// All schema objects that describe the value here or its elements.
    fn shapes(&self) -> Vec<&'a Value> {
        self.found(true)
    }

    /// All schema objects that describe the value here.
    fn alternatives(&self) -> Vec<&'a Value> {
        self.found(false)
    }

    fn found(&self, elements: bool) -> Vec<&'a Value> {
        let mut found: Vec<&'a Value> = Vec::new();
        let mut open: Vec<&'a Value> = self.nodes.clone();
        while let Some(node) = open.pop() {
            if found.iter().any(|seen| std::ptr::eq(*seen, node)) {
                continue;
            }
            found.push(node);
            if let Some(name) = node["$ref"].as_str() {
                open.extend(self.schema.root.pointer(name.trim_start_matches('#')));
            }
            open.extend(node.get("items").filter(|_| elements));
            for key in ["anyOf", "oneOf", "allOf"] {
                open.extend(node[key].as_array().into_iter().flatten());
            }
            let entries = node["patternProperties"].as_object().filter(|_| elements);
            open.extend(entries.into_iter().flat_map(|map| map.values()));
        }
        found
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// `/properties/Users/*/Password` and `/properties/Users/items/properties/Password` as `Users/Password`.
fn plain_path(pointer: &str) -> String {
    let names = pointer.split('/').filter(|part| !matches!(*part, "" | "*" | "items" | "properties"));
    names.collect::<Vec<_>>().join("/")
}
