//! Collections that are stated with their owner, and members that are resources of their own.

use crate::program::program;

#[test]
fn a_rule_beside_the_rules_of_its_group_is_refused_with_both_places() {
    for version in ["v1", "v2"] {
        let found = program("inline-and-standalone", version).synth().expect_err("the two collide").to_string();
        assert!(found.contains("error[GP0215]") && found.contains("(a/pg)"), "{found}");
        assert!(found.contains("`SecurityGroupIngress` of a/sg, added at "), "{found}");
        assert_eq!(found.matches(file!().rsplit_once('/').expect("it is in a folder").0).count(), 2, "{found}");
    }
}
