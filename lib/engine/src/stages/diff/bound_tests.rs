use super::*;

/// As Cloud Control manages every type.
fn by_token(type_name: &str) -> Option<Behavior> {
    let mut behavior = groundplan_schema::behavior(type_name)?;
    behavior.recovery = Recovery::ClientToken;
    Some(behavior)
}

#[test]
fn a_part_is_one_however_the_provider_finds_it() {
    for (type_name, property) in [
        ("AWS::IAM::GroupPolicy", "GroupName"),
        ("AWS::SNS::TopicInlinePolicy", "TopicArn"),
        ("AWS::SQS::QueueInlinePolicy", "Queue"),
    ] {
        assert!(is_part(&by_token, type_name), "{type_name}");
        assert!(is_binding(&by_token, type_name, property), "{type_name} {property}");
        assert!(!is_binding(&by_token, type_name, "PolicyDocument"), "{type_name}");
    }
    assert!(!is_part(&by_token, "AWS::SQS::Queue"));
}
