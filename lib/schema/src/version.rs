//! Versions of engines that their service upgrades by itself.

use crate::cursor::Cursor;

/// An engine, as its versions are compared.
///
/// ```
/// use groundplan_schema::Engine;
///
/// let postgres = Engine::new("aurora-postgresql").upgraded(true);
/// assert!(postgres.is_declared("16.4", "16.8"), "RDS has upgraded it");
/// assert!(postgres.is_declared("16", "16.8"), "whichever minor version");
/// assert!(!postgres.is_declared("16.4", "17.2"), "only a user asks for that");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine<'a> {
    name: &'a str,
    upgraded: bool,
}

impl Cursor<'_> {
    /// Returns the engine of the service if the version of one is here that the service upgrades by itself: an
    /// `EngineVersion` beside `AutoMinorVersionUpgrade` ("minor engine upgrades are applied automatically to the DB
    /// cluster during the maintenance window", CreateDBCluster of RDS; the same in CreateCacheCluster and
    /// CreateReplicationGroup of ElastiCache, CreateCluster of MemoryDB, CreateReplicationInstance of DMS and
    /// CreateBroker of Amazon MQ), and that of a Neptune cluster, whose instances have the switch. DocumentDB "does not
    /// perform minor version upgrades". A property of the resource may name another engine.
    /// <https://docs.aws.amazon.com/neptune/latest/userguide/engine-maintenance-management.html>
    pub fn engine(&self) -> Option<Engine<'static>> {
        let resource = self.resource();
        let is_upgraded =
            resource.properties.contains_key("AutoMinorVersionUpgrade") || resource.name == "AWS::Neptune::DBCluster";
        let engine = match resource.service() {
            "ElastiCache" | "MemoryDB" => "redis",
            _ => "",
        };
        (self.names() == ["EngineVersion"] && is_upgraded).then_some(Engine::new(engine))
    }
}

impl<'a> Engine<'a> {
    /// Returns the engine of this name, as in `aurora-mysql`, which no service upgrades by itself.
    pub const fn new(name: &'a str) -> Self {
        Self { name, upgraded: false }
    }

    /// Returns the engine with the switch for automatic upgrades of minor versions.
    pub const fn upgraded(self, upgraded: bool) -> Self {
        Self { upgraded, ..self }
    }

    /// Returns whether an engine that runs `live` is what `declared` asks for: `16` and `6.x` stand for every version
    /// that they begin, and a version stands for a newer minor version where the service upgrades by itself.
    pub fn is_declared(&self, declared: &str, live: &str) -> bool {
        let prefix = declared.strip_suffix(".x").unwrap_or(declared);
        let is_prefix = live.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let same_major = || self.major(declared) == self.major(live);
        is_prefix || (self.upgraded && self.is_upgraded_from(declared) && same_major() && is_older(declared, live))
    }

    /// Returns whether the service upgrades this version where the switch says so. ElastiCache: "If you are running Valkey 7.2
    /// and above or Redis OSS engine version 6.0 and above"; "this parameter is disabled for previous versions".
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>
    fn is_upgraded_from(&self, version: &str) -> bool {
        match self.name {
            "memcached" => false,
            "redis" => parts(version).first().is_some_and(|major| *major >= 6),
            _ => true,
        }
    }

    /// The part of a version that only a major upgrade changes: `16` of PostgreSQL, `19` of Oracle and `7` of Redis and
    /// Valkey, but `8.0` of MySQL, `10.11` of MariaDB, `15.00` of SQL Server, `11.5` of Db2, `1.4` of Neptune.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html>
    /// <https://docs.aws.amazon.com/neptune/latest/userguide/release-types.html>
    fn major(&self, version: &str) -> Vec<u64> {
        let single = ["postgres", "oracle", "redis", "valkey"].iter().any(|name| self.name.contains(name));
        parts(version).into_iter().take(if single { 1 } else { 2 }).collect()
    }
}

/// Returns whether `one` came out before `other`, both versions of one engine.
///
/// ```
/// assert!(groundplan_schema::is_older("16.4", "16.10"));
/// ```
pub fn is_older(one: &str, other: &str) -> bool {
    parts(one) < parts(other)
}

/// The numbers in a version: `15.00.4236.7.v1` and `19.0.0.0.ru-2023-10.rur-2023-10.r1` have others
/// than dots between them.
fn parts(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn a_newer_minor_version_is_what_was_declared_where_the_service_upgrades() {
        let is =
            |engine: &str, declared: &str, live: &str| Engine::new(engine).upgraded(true).is_declared(declared, live);
        for (engine, declared, live) in [
            ("aurora-postgresql", "16.4", "16.10"),
            ("aurora-mysql", "8.0.mysql_aurora.3.05.2", "8.0.mysql_aurora.3.08.0"),
            ("aurora-mysql", "8.0", "8.0.mysql_aurora.3.08.0"),
            ("", "1.3.2.1", "1.3.4.0"),
            ("redis", "6.0", "6.2"),
            ("redis", "7.0", "7.1.0"),
            ("redis", "6.x", "6.2.6"),
            ("valkey", "7.2", "7.2.6"),
            ("memcached", "1.6", "1.6.22"),
            ("ACTIVEMQ", "5.18", "5.18.4"),
        ] {
            assert!(is(engine, declared, live), "{engine} {declared} {live}");
            assert!(declared == live || !is(engine, live, declared), "{engine} {live} {declared}");
        }
        for (engine, declared, live) in [
            ("aurora-postgresql", "16.4", "17.2"),
            ("aurora-postgresql", "1", "16.8"),
            ("aurora-mysql", "5.7.mysql_aurora.2.11.1", "8.0.mysql_aurora.3.05.2"),
            ("", "1.2.1.0", "1.3.0.0"),
            ("redis", "5.0.0", "5.0.6"),
            ("redis", "6.2", "7.0"),
            ("valkey", "7.2", "8.0"),
            ("memcached", "1.6.12", "1.6.22"),
        ] {
            assert!(!is(engine, declared, live), "{engine} {declared} {live}");
        }
    }

    #[test]
    fn without_automatic_upgrades_a_newer_version_is_another_one() {
        let fixed = Engine::new("aurora-postgresql");
        assert!(!fixed.is_declared("16.4", "16.8"));
        assert!(fixed.is_declared("16", "16.8") && fixed.is_declared("16.4", "16.4"));
    }

    #[test]
    fn an_engine_version_beside_the_switch_is_upgraded() {
        let engine = |name: &str, property: &str| lookup(name).expect("published").at(property).engine();
        for name in ["AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Neptune::DBCluster", "AWS::AmazonMQ::Broker"]
        {
            assert_eq!(engine(name, "EngineVersion"), Some(Engine::new("")), "{name}");
        }
        for name in ["AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup", "AWS::MemoryDB::Cluster"] {
            assert_eq!(engine(name, "EngineVersion"), Some(Engine::new("redis")), "{name}");
        }
        assert_eq!(engine("AWS::DocDB::DBCluster", "EngineVersion"), None);
        assert_eq!(engine("AWS::RDS::DBCluster", "Engine"), None);
    }
}
