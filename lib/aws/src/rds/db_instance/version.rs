//! Engine versions: the versions that a declaration includes, and their order.

use groundplan_schema::Engine;
pub(super) use groundplan_schema::is_older;

/// Returns the declared version if it includes the running one: `16` includes every minor version of 16, and, if RDS
/// upgrades minor versions by itself, `16.4` a newer one of 16.
pub(super) fn declared(
    engine: Option<&str>,
    declared: Option<&str>,
    live: Option<String>,
    auto: bool,
) -> Option<String> {
    match (declared, live) {
        (Some(declared), Some(live)) if stands_for(engine, declared, &live, auto) => Some(declared.to_owned()),
        (_, live) => live,
    }
}

fn stands_for(engine: Option<&str>, declared: &str, live: &str, auto: bool) -> bool {
    Engine::new(engine.unwrap_or_default()).upgraded(auto).is_declared(declared, live)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(engine: &str, version: &str, live: &str, auto: bool) -> String {
        declared(Some(engine), Some(version), Some(live.to_owned()), auto).expect("there is a version")
    }

    #[test]
    fn a_prefix_stands_for_every_version_that_it_begins() {
        assert_eq!(read("postgres", "16", "16.8", false), "16");
        assert_eq!(read("mysql", "8.0", "8.0.39", false), "8.0");
        assert_eq!(read("mysql", "8.0.3", "8.0.39", false), "8.0.39");
        assert_eq!(read("postgres", "1", "16.8", false), "16.8");
    }

    #[test]
    fn a_newer_minor_version_stands_for_the_declared_one_where_rds_upgrades_by_itself() {
        assert_eq!(read("postgres", "16.4", "16.10", true), "16.4");
        assert_eq!(read("postgres", "16.4", "16.10", false), "16.10");
        assert_eq!(read("mysql", "8.0.35", "8.0.39", true), "8.0.35");
        assert_eq!(
            read("oracle-ee", "19.0.0.0.ru-2023-07.rur-2023-07.r1", "19.0.0.0.ru-2024-01.rur-2024-01.r1", true),
            "19.0.0.0.ru-2023-07.rur-2023-07.r1"
        );
    }

    #[test]
    fn an_older_version_and_another_major_one_are_differences() {
        assert_eq!(read("postgres", "16.10", "16.4", true), "16.4");
        assert_eq!(read("postgres", "16.4", "17.2", true), "17.2");
        assert_eq!(read("mysql", "8.0.35", "8.4.3", true), "8.4.3");
    }
}
