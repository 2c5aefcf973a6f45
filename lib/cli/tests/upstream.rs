//! Apps that use outputs of others, with all commands of a user; against the sandbox, in process.

#[expect(dead_code, reason = "other tests use the rest of it")]
mod machine;

use groundplan_core::{App, Environment, Export, template};
use groundplan_engine::State;
use groundplan_engine::model::Event;
use groundplan_engine::provider::Identity;
use groundplan_engine::store::{FileStore, StateStore};
use groundplan_resources::ec2::{Subnet, Vpc};
use groundplan_resources::logs::LogGroup;
use groundplan_resources::route53::{HostedZone, HostedZoneId, RecordSet, RecordSetArgs};
use insta::assert_snapshot;

use machine::{Machine, read};

const ZONE: Export<HostedZoneId> = Export::new("account", "zone-id");
const RETENTION: Export<i64> = Export::new("account", "retention");

/// Publishes one of two zones under `name`.
fn account(name: impl Into<String>, zone: &str) -> App {
    let app = App::new("account");
    let stack = app.stack("account", Environment::new("us-east-1"));
    let zones = ["first", "second"].map(|it| (it, stack.add(it, HostedZone::new().name(format!("{it}.com")))));
    let (_, zone) = zones.iter().find(|(it, _)| *it == zone).expect("it is one of the two");
    stack.export(name.into(), zone.id());
    stack.export(RETENTION, 30);
    app
}

fn first() -> App {
    account(ZONE.name(), "first")
}

fn second() -> App {
    account(ZONE.name(), "second")
}

/// The first zone under another name.
fn renamed() -> App {
    account("zone", "first")
}

fn shop() -> App {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    stack.add(
        "record",
        RecordSet::new(RecordSetArgs { name: "shop.example.com", type_: "A" }).hosted_zone_id(ZONE).ttl("60"),
    );
    stack.add("logs", LogGroup::new().log_group_name(template!("/zones/{}", ZONE)).retention_in_days(RETENTION));
    app
}

fn alone() -> App {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    stack.add("logs", LogGroup::new().log_group_name("/shop").retention_in_days(RETENTION));
    app
}

/// Identifiers of zones and lines do not belong to what a test is about.
fn filters() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\bZ[0-9A-Z]{8,}", "[zone]");
    settings.add_filter(r"upstream\.rs:\d+:\d+", "upstream.rs:LINE");
    settings.add_filter(r"note: no AWS credentials.*\n?", "");
    settings.bind_to_scope()
}

#[test]
fn what_is_missing_says_who_wants_it_and_which_command_provides_it() {
    let _filters = filters();
    let machine = Machine::new().with("CARGO_PKG_NAME", "apps");
    let ran = machine.run(&shop(), "plan --target sandbox").fails(3, "2 outputs of other apps missing");
    assert_snapshot!(ran.err, @"
    error[GP0501]: the app `account`, which publishes `retention`, was never deployed here
      --> lib/cli/tests/upstream.rs:LINE (shop/logs)
       = got: no state at ~/.groundplan/sandbox/state/account
       = help: run `cargo run -p apps --bin account -- deploy --target sandbox` first

    error[GP0501]: the app `account`, which publishes `zone-id`, was never deployed here; used by shop/logs, shop/record
      --> lib/cli/tests/upstream.rs:LINE (shop/logs)
       = got: no state at ~/.groundplan/sandbox/state/account
       = help: run `cargo run -p apps --bin account -- deploy --target sandbox` first

    error: 2 outputs of other apps missing: nothing was attempted
    hint: `explain GP0501` explains this code
    ");
    let json = &machine.run(&shop(), "deploy --json").json()[0];
    assert_eq!(json["error"]["diagnostics"][0]["code"], "GP0501");

    machine.run(&renamed(), "deploy").succeeds();
    let ran = machine.run(&shop(), "deploy").fails(3, "error[GP0502]");
    assert_snapshot!(ran.err, @"
    error[GP0502]: the app `account` does not publish `zone-id`; used by shop/logs, shop/record
      --> lib/cli/tests/upstream.rs:LINE (shop/logs)
       = got: it publishes retention, zone
       = help: publish `zone-id` in `account`, and run `cargo run -p apps --bin account -- deploy`

    error: 1 output of other apps missing: nothing was attempted
    hint: `explain GP0502` explains this code
    ");
    assert!(machine.run(&shop(), "import shop/logs /shop").fails(3, "GP0502").out.is_empty());
    let without_cargo = Machine::new().run(&shop(), "plan --state=file:here").fails(3, "GP0501");
    assert!(without_cargo.err.contains("run `account deploy --state=file:here` first"), "{}", without_cargo.err);
}

#[test]
fn values_reach_the_app_that_uses_them_and_changes_of_theirs_are_shown() {
    let _filters = filters();
    let machine = Machine::new();
    machine.run(&first(), "deploy").succeeds();
    let plan = machine.run(&shop(), "plan").succeeds();
    assert_snapshot!(plan.out, @r#"
    shop at sandbox, account 123456789012

        shop
      +   logs    Logs::LogGroup
      +   record  Route53::RecordSet  A · shop.example.com

    values of other apps
        + account:retention: 30
        + account:zone-id: "[zone]"

    Plan: 2 to create, 0 to change, 0 to replace, 0 to delete
    "#);
    machine.run(&shop(), "plan --out shop.plan").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
    let shown = machine.run(&shop(), "state show shop/logs").succeeds();
    assert!(shown.out.contains("account:retention: 30"), "{}", shown.out);
    assert!(machine.run(&shop(), "graph").succeeds().out.contains("  ← account:zone-id"));

    machine.run(&second(), "deploy").succeeds();
    let plan = machine.run(&shop(), "plan").succeeds();
    assert_snapshot!(plan.out, @r#"
    shop at sandbox, account 123456789012

        shop
    +/-   logs    Logs::LogGroup      DATA LOSS  the new one is created first
            ~ LogGroupName: "/zones/[zone]" → "/zones/[zone]"  # forces replacement
    +/-   record  Route53::RecordSet  the new one is created first
            ~ HostedZoneId: "[zone]" → "[zone]"  # forces replacement

    values of other apps
        ~ account:zone-id: "[zone]" → "[zone]"

    DATA LOSS: 1 resource with all of its data
      shop/logs  Logs::LogGroup

    Plan: 0 to create, 0 to change, 2 to replace, 0 to delete
    "#);
    let json = &machine.run(&shop(), "plan --json").json()[0];
    assert_eq!(json["imports"]["account:zone-id"]["from"]["kind"], "known", "{json}");
    machine.run(&shop(), "deploy --delete-data").succeeds();
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn a_saved_plan_is_refused_once_another_value_is_published() {
    let machine = Machine::new();
    machine.run(&first(), "deploy").succeeds();
    machine.run(&shop(), "plan --out shop.plan").succeeds();
    machine.run(&second(), "deploy").succeeds();
    let stale = machine.run(&shop(), "deploy shop.plan").fails(1, "the plan is stale");
    assert!(stale.err.contains("`zone-id` of the app `account` was \"Z"), "{}", stale.err);
}

#[test]
fn what_is_used_is_not_taken_away() {
    let _filters = filters();
    let machine = Machine::new().with("CARGO_PKG_NAME", "apps");
    machine.run(&first(), "deploy").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    let before = read(&machine.path(".groundplan/sandbox/state/account/state.json"));
    let plan = machine.run(&renamed(), "plan").succeeds();
    assert!(plan.err.contains("a deploy of this plan would be refused: the plan removes outputs"), "{}", plan.err);
    let refused = machine.run(&renamed(), "deploy").fails(1, "`zone-id` is used by `shop`");
    assert_snapshot!(refused.err, @"
    error: the plan removes outputs that other apps use:
      - `zone-id` is used by `shop`: shop/logs, shop/record
    first deploy those apps without these outputs, or destroy those apps
    hint: in `shop`, use a different value, and run `cargo run -p apps --bin shop -- deploy`
    ");
    machine.run(&renamed(), "destroy --delete-data").fails(1, "`retention` is used by `shop`: shop/logs");
    machine.run(&renamed(), "plan --destroy").succeeds();
    assert_eq!(read(&machine.path(".groundplan/sandbox/state/account/state.json")), before);

    machine.run(&alone(), "deploy --delete-data").succeeds();
    machine.run(&renamed(), "deploy").succeeds();
    machine.run(&renamed(), "destroy --delete-data").fails(1, "`retention` is used by `shop`: shop/logs");
    machine.run(&alone(), "destroy --delete-data").succeeds();
    machine.run(&renamed(), "destroy --delete-data").succeeds();
    machine.run(&alone(), "deploy").fails(3, "it publishes nothing");
}

#[test]
fn a_rollback_takes_the_values_that_are_published_now() {
    let machine = Machine::new();
    machine.run(&first(), "deploy").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    machine.run(&alone(), "deploy --delete-data").succeeds();
    machine.run(&second(), "deploy").succeeds();
    machine.run(&alone(), "rollback 1 --delete-data").succeeds();
    let zone = machine.run(&second(), "output zone-id").succeeds().out;
    let record = machine.run(&shop(), "state show shop/record").succeeds().out;
    assert!(record.contains(&format!("HostedZoneId: \"{}\"", zone.trim())), "{record}");
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn a_named_upstream_is_brought_up_by_a_deploy_where_nothing_is_real() {
    let machine = Machine::new();
    let with = |upstream: App| {
        let app = shop();
        app.upstream(upstream);
        app
    };
    let _filters = filters();
    let plan = machine.run(&with(first()), "plan").succeeds();
    assert!(
        plan.err
            .contains("`account`, which this app uses, was never deployed to `sandbox`, so a deploy deploys it first"),
        "{}",
        plan.err
    );
    assert_snapshot!(plan.out, @r"
    account at sandbox, account 123456789012

        account
      +   first   Route53::HostedZone  first.com
      +   second  Route53::HostedZone  second.com

    outputs
        + retention: 30
        + zone-id: (known after apply, from account/first#Id)

    Plan: 2 to create, 0 to change, 0 to replace, 0 to delete

    shop at sandbox, account 123456789012

        shop
      +   logs    Logs::LogGroup
      +   record  Route53::RecordSet  A · shop.example.com

    Plan: 2 to create, 0 to change, 0 to replace, 0 to delete
    ");
    let json = machine.run(&with(first()), "plan --json").succeeds().json();
    assert_eq!((json.len(), &json[0]["app"], &json[0]["upstream"][0]["app"]), (1, &"shop".into(), &"account".into()));
    machine.run(&with(first()), "plan --out shop.plan").fails(3, "a plan cannot be saved before `account`");
    machine.run(&with(renamed()), "plan").fails(3, "GP0502");
    assert!(!machine.path(".groundplan/sandbox/state").exists(), "a plan makes nothing");

    let invalid = first();
    invalid.stack("not a name", Environment::new("us-east-1"));
    machine.run(&with(invalid), "deploy").fails(3, "GP0102");
    assert!(!machine.path(".groundplan/sandbox/state/shop").exists(), "nothing is deployed after what has failed");

    let ran = machine.run(&with(first()), "deploy").succeeds();
    let said = ["`account`, which this app uses, was never deployed to `sandbox`, so it is deployed first"];
    let said = said.into_iter().chain(["deploy of account: 2 created", "deploy of shop: 2 created"]);
    let places: Vec<_> = said.map(|text| ran.err.find(text).unwrap_or_else(|| panic!("{text}\n{}", ran.err))).collect();
    assert!(places.is_sorted(), "{}", ran.err);

    // From then on it is deployed by its own command line only.
    let ran = machine.run(&with(second()), "deploy").succeeds();
    assert!(ran.out.contains("no changes") && !ran.err.contains("account"), "{}\n{}", ran.out, ran.err);

    let events = Machine::new().run(&with(first()), "deploy --json").succeeds().json();
    let is = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((is("upstream"), is("planned"), is("finished")), (1, 2, 2));
}

#[test]
fn an_app_whose_upstream_fails_is_named_as_not_deployed() {
    let upstream = first();
    let stack = upstream.stack("network", Environment::new("us-east-1"));
    let vpc = stack.add("vpc", Vpc::new().cidr_block("10.0.0.0/16"));
    stack.add("outside", Subnet::new(&vpc).cidr_block("10.9.0.0/24"));
    let app = shop();
    app.upstream(upstream);
    let failed = Machine::new().run(&app, "deploy").fails(1, "cannot create network/outside");
    let named = "warning: `shop` was not deployed, because the deploy of `account` did not succeed\n";
    assert!(failed.err.contains(named), "{}", failed.err);
}

/// Leaves the state of a deploy of `account` that was killed when it had just begun.
fn killed(machine: &Machine) {
    let store = FileStore::new(machine.path(".groundplan/sandbox/state"), "account");
    let identity = Identity { account: "123456789012".into(), partition: "aws".into() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        store.save(&State::new("account")).await.expect("it can be written");
        store.append(0, &[Event::Begun { serial: 1, identity }]).await.expect("it can be written");
    });
}

#[test]
fn an_upstream_whose_deploy_was_killed_is_finished_first() {
    let machine = Machine::new();
    let app = shop();
    app.upstream(first());
    killed(&machine);
    let plan = machine.run(&app, "plan").succeeds();
    assert!(
        plan.err.contains("was not completely deployed to `sandbox`, so a deploy deploys it first"),
        "{}",
        plan.err
    );
    let ran = machine.run(&app, "deploy").succeeds();
    assert!(ran.err.contains("was not completely deployed to `sandbox`, so it is deployed first"), "{}", ran.err);
    assert!(ran.err.contains("deploy of shop: 2 created"), "{}", ran.err);
    assert!(machine.run(&app, "plan").succeeds().out.contains("no changes"));
}

#[test]
fn who_replaces_or_moves_a_state_is_told_who_uses_its_outputs() {
    let machine = Machine::new();
    machine.run(&renamed(), "deploy").succeeds();
    machine.run(&first(), "deploy").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    let restored = machine.run(&first(), "state restore 1 --yes").succeeds();
    let used = "`shop` uses the output `zone-id` (shop/logs, shop/record), which the new state does not publish";
    assert!(restored.err.contains(used), "{}", restored.err);
    assert!(!restored.err.contains("`retention`"), "{}", restored.err);
    let moved = machine.run(&first(), "state migrate file:elsewhere").succeeds();
    assert!(moved.err.contains("outputs of `account` are used by `shop`, which finds them only if"), "{}", moved.err);
    assert!(moved.err.contains("run `state migrate file:~/elsewhere` of each of them as well"), "{}", moved.err);
}

#[test]
fn who_moves_the_state_of_an_app_is_told_which_apps_it_uses() {
    let machine = Machine::new();
    machine.run(&first(), "deploy").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    let warning = "warning: `shop` uses outputs of `account`, whose state is not at file:~/elsewhere";
    let moved = machine.run(&shop(), "state migrate file:elsewhere").succeeds();
    assert!(moved.err.contains(warning), "{}", moved.err);
    assert!(moved.err.contains("run `state migrate file:~/elsewhere` of `account` as well"), "{}", moved.err);
    let back = format!("state migrate file:{}", machine.path(".groundplan/sandbox/state").display());
    let back = machine.run(&shop(), &format!("{back} --state file:elsewhere")).succeeds();
    assert!(!back.err.contains("uses outputs of"), "{}", back.err);
    machine.run(&first(), "state migrate file:elsewhere").succeeds();
    let moved = machine.run(&shop(), "state migrate file:elsewhere").succeeds();
    assert!(!moved.err.contains(warning), "both are there: {}", moved.err);
    assert!(machine.run(&shop(), "plan --state file:elsewhere").succeeds().out.contains("no changes"));
}

#[test]
fn a_damaged_state_of_another_app_holds_up_no_repair() {
    let machine = Machine::new();
    machine.run(&renamed(), "deploy").succeeds();
    machine.run(&first(), "deploy").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    std::fs::write(machine.path(".groundplan/sandbox/state/shop/state.json"), "{").unwrap();
    for command in ["state restore 1 --yes", "state migrate file:elsewhere"] {
        let ran = machine.run(&first(), command).succeeds();
        assert!(ran.err.contains("it is not known which apps use outputs of `account`"), "{command}: {}", ran.err);
    }
}
