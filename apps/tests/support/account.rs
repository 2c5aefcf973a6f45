//! The account, as an independent client sees it.

use groundplan_engine::State;
use groundplan_moto::Moto;
use serde_json::Value as Json;

use super::client::client;

/// The account as boto3 sees it, with the path of a resource in place of its identifier and lists
/// in the order of their text, so that it can be compared.
pub(crate) fn account(moto: &Moto, state: &State) -> String {
    let mut account = client(moto, "read").to_string();
    let mut names: Vec<(String, String)> = Vec::new();
    for (path, resource) in &state.resources {
        names.push((resource.id.clone(), format!("<{path}>")));
        for name in ["AllocationId", "Arn", "BucketName", "DNSName", "RoleName"] {
            let value = resource.outputs.get(name).and_then(Json::as_str);
            names.extend(value.map(|value| (value.to_owned(), format!("<{path} {name}>"))));
        }
        let block = resource.outputs.get("Ipv6CidrBlock").or(resource.outputs.get("Ipv6CidrBlocks"));
        let block = block.map(|block| block.get(0).unwrap_or(block)).and_then(Json::as_str);
        if resource.type_name != "AWS::EC2::VPC" {
            names.extend(block.map(|block| (block.to_owned(), format!("<{path} IPv6>"))));
        }
    }
    // The longest first: an ARN contains the identifier.
    names.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    for (value, name) in names {
        account = account.replace(&format!("\"{value}"), &format!("\"{name}"));
    }
    let mut account = serde_json::from_str(&account).expect("names need no escapes");
    sort(&mut account);
    serde_json::to_string_pretty(&account).expect("it was just read")
}

fn sort(json: &mut Json) {
    match json {
        Json::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_key(Json::to_string);
        }
        Json::Object(entries) => entries.values_mut().for_each(sort),
        _ => {}
    }
}
