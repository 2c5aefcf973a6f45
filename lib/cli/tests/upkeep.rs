//! Parts of a plan, edits of the state, imports, history and rollback, locks; against the sandbox, in process.

mod machine;

use groundplan_core::{App, Construct, Environment, Scope, Secret, Value};
use groundplan_engine::State;
use groundplan_engine::model::LockOwner;
use groundplan_engine::store::{FileStore, Lock, StateStore};
use groundplan_resources::{ec2, rds, s3};
use insta::assert_snapshot;
use serde_json::json;

use machine::{Machine, app, database, network, shop};

/// Times, identifiers and this machine do not belong to what a test is about.
fn clean(text: &str) -> String {
    let mut clean = String::new();
    for line in text.lines().filter(|line| !line.starts_with("note: no AWS credentials")) {
        for word in line.split_inclusive(' ') {
            let (word, space) = word.split_at(word.trim_end().len());
            let id = word.rsplit_once('-').filter(|(_, id)| id.len() >= 8 && id.chars().all(|c| c.is_ascii_hexdigit()));
            clean += &id.map_or_else(|| word.to_owned(), |(kind, _)| format!("{kind}-[id]"));
            clean += space;
        }
        clean.push('\n');
    }
    clean
}

fn id(machine: &Machine, type_name: &str) -> String {
    let inventory = machine.sandbox().inventory().expect("it is whole");
    inventory.into_iter().find(|item| item.type_name == type_name).expect("it was deployed").id
}

fn renamed(moved: bool) -> App {
    app(|shop| {
        let vpc = shop.add("network", ec2::Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(false));
        if moved {
            vpc.moved_from("shop/vpc");
        }
        shop.add("vpc-a", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/24").availability_zone("us-east-1a"));
        let media = shop.add("media", s3::Bucket::new());
        shop.export("bucket", media.bucket_name());
    })
}

fn paths(machine: &Machine, app: &App) -> Vec<String> {
    let list = &machine.run(app, "state list --json").succeeds().json()[0];
    let resources = list["resources"].as_array().cloned().unwrap_or_default();
    resources.iter().filter_map(|resource| Some(resource["path"].as_str()?.to_owned())).collect()
}

#[test]
fn a_part_is_deployed_and_the_rest_is_named() {
    let machine = Machine::new();
    let plan = machine.run(&shop(), "plan --only shop/vpc-a").succeeds();
    assert_snapshot!(plan.out, @"
    shop at sandbox, account 123456789012

        shop
      +   vpc    EC2::VPC     10.0.0.0/16
      +   vpc-a  EC2::Subnet  10.0.0.0/24 · us-east-1a

    Plan: 2 to create, 0 to change, 0 to replace, 0 to delete
    Left out: 1 changed resource: shop/media
    ");
    let json = &machine.run(&shop(), "plan --only shop/vpc-a --json").json()[0];
    assert_eq!(json["left_out"], json!(["shop/media"]));
    machine.run(&shop(), "deploy --only shop/vpc-a").succeeds();
    assert_eq!(paths(&machine, &shop()), ["shop/vpc", "shop/vpc-a"]);
    let nothing = machine.run(&shop(), "plan --only shop/vpc --only shop/vpc-a").succeeds();
    assert_snapshot!(nothing.out, @"
    shop at sandbox, account 123456789012
    no changes in this part
    Left out: 1 changed resource: shop/media
    ");
}

#[test]
fn a_part_that_does_not_exist_or_cannot_be_done_alone_is_refused() {
    let machine = Machine::new();
    machine.run(&shop(), "plan --only shop/vcp").fails(3, "did you mean `shop/vpc`");
    machine.run(&shop(), "plan --only shop/vpc --destroy").fails(3, "cannot be used with");
    machine.run(&shop(), "deploy shop.plan --only shop/vpc").fails(3, "cannot be used with");
    machine.run(&shop(), "deploy").succeeds();
    let none = app(|_| {});
    machine
        .run(&none, "deploy --only shop/vpc")
        .fails(3, "to include the resources that are left out, add `--only shop/vpc-a`");
    machine.run(&none, "deploy --only shop/vpc --only shop/vpc-a").succeeds();
    assert_eq!(paths(&machine, &none), ["shop/media"]);
}

#[test]
fn a_resource_is_moved_in_the_state() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let moved = machine.run(&renamed(false), "state mv shop/vpc shop/network").succeeds();
    assert_snapshot!(moved.out + &clean(&moved.err), @"
      shop/vpc → shop/network
    1 resource moved in the state; the account is not changed
    ");
    assert!(machine.run(&renamed(false), "plan").succeeds().out.contains("no changes"));
    machine.run(&renamed(false), "state mv shop/netwrok shop/x").fails(3, "did you mean `shop/network`?");
    machine.run(&renamed(false), "state mv shop/network shop/media").fails(3, "`shop/media` is taken");
    let lost = machine.run(&renamed(false), "state mv shop/network shop/x").succeeds();
    assert!(lost.err.contains("the program has nothing at shop/x: the next deploy would delete it"), "{}", lost.err);
    machine.run(&renamed(false), "state rm shop/media").succeeds();
    let other = machine.run(&renamed(false), "state mv shop/x shop/media").succeeds();
    let warned = "shop/media has the type AWS::EC2::VPC, but the program has AWS::S3::Bucket there: the next deploy would replace it";
    assert!(clean(&other.err).contains(warned), "{}", other.err);
}

#[test]
fn a_scope_is_taken_out_of_the_state_and_stays_in_the_account() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let removed = machine.run(&shop(), "state rm shop").succeeds();
    assert_snapshot!(clean(&(removed.out + &removed.err)), @"
      shop/media  S3::Bucket  shop-media-[id]
      shop/vpc  EC2::VPC  vpc-[id]
      shop/vpc-a  EC2::Subnet  subnet-[id]
    3 resources removed from the state and no longer managed; nothing in the account was deleted
    warning: the program still has shop/media, shop/vpc, shop/vpc-a: the next deploy would create new resources
    ");
    assert_eq!(paths(&machine, &shop()), Vec::<String>::new());
    assert_eq!(machine.sandbox().inventory().expect("it is whole").len(), 3);
    machine.run(&shop(), "state rm shop/vpc").fails(3, "there is no `shop/vpc` in the state");
}

#[test]
fn a_create_that_was_left_open_is_listed_shown_and_dropped_on_request() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    // A run was killed when it had announced the create of a log group.
    let file = machine.path(".groundplan/sandbox/state/shop/state.json");
    let mut state: serde_json::Value = serde_json::from_str(&machine::read(&file)).expect("it is JSON");
    let create = serde_json::json!({
        "type_name": "AWS::Logs::LogGroup",
        "environment": state["resources"]["shop/vpc"]["environment"],
        "generation": 1,
    });
    let intent = serde_json::json!({
        "operation": {"create": create},
        "token": "5f5f",
        "properties": {"LogGroupName": "/shop/jobs"},
    });
    state["pending"] = serde_json::json!({"shop/logs": intent});
    let state = State::from_edited_json(&state.to_string(), "the test").expect("it is a state");
    std::fs::write(&file, state.to_json()).expect("it can be written");

    let list = machine.run(&shop(), "state list").succeeds();
    assert!(list.out.contains("shop/logs  Logs::LogGroup"), "{}", list.out);
    assert!(list.err.contains("an interrupted run left open"), "{}", list.err);
    let list = machine.run(&shop(), "state list --json").succeeds().json();
    assert_eq!((&list[0]["open"][0]["path"], &list[0]["open"][0]["token"]), (&"shop/logs".into(), &"5f5f".into()));

    let shown = machine.run(&shop(), "state show shop/logs").succeeds().out;
    for line in ["LogGroupName = /shop/jobs", "tag groundplan:path = shop/logs", "tag groundplan:token = 5f5f"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }

    machine.run(&shop(), "state rm --open shop/vpc").fails(3, "there is no `shop/vpc` in the open creates");
    let dropped = machine.run(&shop(), "state rm --open shop").succeeds();
    assert!(dropped.err.contains("its resource may exist in the account"), "{}", dropped.err);
    assert!(dropped.err.contains("tag groundplan:token = 5f5f"), "{}", dropped.err);
    assert_eq!(paths(&machine, &shop()).len(), 3, "the resources stay");
    let list = machine.run(&shop(), "state list --json").succeeds().json();
    assert_eq!(list[0]["open"], serde_json::json!([]));
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn the_whole_state_is_pulled() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    std::fs::create_dir(machine.path("elsewhere")).expect("a directory");
    let pulled = machine.within("elsewhere").run(&shop(), "state pull").succeeds().out;
    assert_eq!(pulled, machine::read(&machine.path(".groundplan/sandbox/state/shop/state.json")));
}

#[test]
fn what_exists_is_imported_with_its_differences() {
    let machine = Machine::new();
    machine.run(&network("10.0.0.0/24", true), "deploy").succeeds();
    let vpc = id(&machine, "AWS::EC2::VPC");
    machine.run(&shop(), "state rm shop/vpc").succeeds();
    machine.run(&shop(), &format!("import shop/vcp {vpc}")).fails(3, "did you mean `shop/vpc`?");
    machine.run(&shop(), "import shop/vpc vpc-0123").fails(3, "are identified by VpcId");
    let imported = machine.run(&shop(), &format!("import shop/vpc {vpc}")).succeeds();
    assert_snapshot!(clean(&(imported.out + &imported.err)), @"
    shop/vpc is EC2::VPC vpc-[id] at sandbox, account 123456789012
    the differences, and what the next deploy does about them:

        shop
      ~   vpc  EC2::VPC
            ~ EnableDnsHostnames: true → false

    Plan: 0 to create, 1 to change, 0 to replace, 0 to delete
    ✓ imported shop/vpc: it is in the state now; the account is not changed
    ");
    machine
        .run(&shop(), &format!("import shop/vpc {vpc}"))
        .fails(3, "`state rm shop/vpc` removes shop/vpc from the state");
    machine.run(&network("10.0.0.0/24", true), "plan --detailed-exitcode").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    machine.run(&shop(), "drift").succeeds();
}

#[test]
fn the_first_thing_in_a_state_may_be_an_import() {
    let machine = Machine::new();
    let bucket = json!({"BucketName": "planted-by-hand"}).as_object().cloned().expect("a map");
    let bucket = machine.sandbox().plant("AWS::S3::Bucket", "us-east-1", bucket).expect("it is free");
    let media = app(|shop| drop(shop.add("media", s3::Bucket::new().bucket_name("planted-by-hand"))));
    let imported = machine.run(&media, &format!("import shop/media {bucket} --json")).succeeds();
    assert_eq!(imported.json()[0]["change"]["action"], "no_op");
    assert!(machine.run(&media, "plan").succeeds().out.contains("no changes"));
    let history = &machine.run(&media, "history --json").json()[0]["history"];
    assert_eq!((&history[0]["serial"], &history[0]["result"]), (&json!(1), &json!("succeeded")));
}

#[test]
fn the_history_lists_runs_and_a_rollback_goes_back_to_one() {
    let machine = Machine::new().with("USER", "ada");
    machine.run(&shop(), "history").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    machine.run(&network("10.0.1.0/24", true), "deploy --parallelism 4").succeeds();
    machine.run(&network("10.0.1.0/24", true), "plan").succeeds();
    machine.run(&network("10.0.1.0/24", true), "state mv shop/vpc shop/net").succeeds();
    let back = machine.run(&network("10.0.1.0/24", true), "rollback 1").succeeds();
    assert_snapshot!(clean(&back.out), @r#"
    shop at sandbox, account 123456789012

        shop
      ~   vpc    EC2::VPC     moved from shop/net
            ~ EnableDnsHostnames: true → false
    +/-   vpc-a  EC2::Subnet  the new one is created first
            ~ CidrBlock: "10.0.1.0/24" → "10.0.0.0/24"  # forces replacement

    Plan: 0 to create, 1 to change, 1 to replace, 0 to delete

    bucket = shop-media-[id]
    "#);
    assert!(back.err.contains("hint: the program was not changed"), "{}", back.err);
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
    let history = machine.run(&shop(), "history").succeeds().out;
    let parts = |line: &str| line.split("  ").filter(|part| !part.contains("UTC")).collect::<Vec<_>>().join("  ");
    let history: Vec<_> = history.lines().map(parts).collect();
    assert_snapshot!(history.join("\n"), @"
    1  ada@build-7  deploy                      +3     done
    2  ada@build-7  deploy --parallelism 4      ~1 ±1  done
    3  ada@build-7  state mv shop/vpc shop/net         done
    4  ada@build-7  rollback 1                  ~1 ±1  done
    ");
    machine.run(&shop(), "rollback 3").fails(3, "these runs did: 1, 2, 4");
    machine.run(&shop(), "rollback 9").fails(3, "the history has no run 9");
}

#[test]
fn a_saved_plan_is_in_the_history_with_its_program_and_a_part_is_not() {
    let machine = Machine::new();
    machine.run(&shop(), "plan --out shop.plan").succeeds();
    machine.run(&shop(), "deploy shop.plan").succeeds();
    machine.run(&network("10.0.1.0/24", true), "deploy --only shop/vpc").succeeds();
    machine.run(&shop(), "rollback 2").fails(3, "did not deploy a whole program");
    machine.run(&shop(), "rollback 1").succeeds();
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn a_refused_or_failed_deploy_is_no_success_in_the_history() {
    let machine = Machine::new();
    let outside = app(|shop| {
        let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        shop.add("subnet", ec2::Subnet::new(&vpc).cidr_block("10.9.0.0/24"));
    });
    machine.run(&outside, "deploy").fails(1, "cannot create shop/subnet");
    machine.run(&database("admin"), "deploy").succeeds();
    machine.run(&database("root"), "deploy").fails(1, "--delete-data");
    let history = &machine.run(&outside, "history --json").json()[0]["history"];
    let results: Vec<_> = history.as_array().expect("a list").iter().map(|run| run["result"].clone()).collect();
    assert_eq!(results, ["failed", "succeeded"]);
}

#[test]
fn a_rollback_never_goes_to_a_program_that_was_refused() {
    let machine = Machine::new();
    machine.run(&network("10.0.1.0/24", true), "plan --out old.plan").succeeds();
    machine.run(&shop(), "deploy").succeeds();
    for (run, command) in [(2, "state mv shop/vpc shop/net"), (3, "destroy")] {
        machine.run(&shop(), "deploy old.plan").fails(1, "the plan is stale");
        machine.run(&shop(), command).succeeds();
        machine.run(&shop(), &format!("rollback {run}")).fails(3, "did not deploy a whole program");
    }
}

#[test]
fn a_rollback_asks_for_the_loss_of_data_and_keeps_no_secret() {
    let machine = Machine::new();
    machine.run(&database("admin"), "deploy").succeeds();
    machine.run(&database("root"), "deploy --delete-data").succeeds();
    machine.run(&database("root"), "rollback 1").fails(1, "--delete-data");
    machine.run(&database("root"), "rollback 1 --delete-data").succeeds();
    let kept = machine::read(&machine.path(".groundplan/sandbox/state/shop/history/1.assembly.json"));
    assert!(kept.contains("\"generated\""), "{kept}");
}

/// The lock of the sandbox's state, held by another store of this process.
fn hold(machine: &Machine) -> Box<dyn Lock> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let store = FileStore::new(machine.path(".groundplan/sandbox/state"), "shop");
    let since = machine::NOW.as_secs() - 185;
    let owner = LockOwner { pid: 815, host: "build-1".into(), since, ..LockOwner::new("destroy --yes").by("ada") };
    runtime.block_on(store.lock(&owner)).expect("it is free")
}

#[test]
fn a_lock_is_waited_for_and_can_be_taken_away() {
    let machine = Machine::new();
    let lock = hold(&machine);
    let locked = machine.run(&shop(), "deploy").fails(4, "the state at");
    assert_snapshot!(locked.err, @"
    note: no AWS credentials are configured: using the embedded sandbox, which changes nothing real
    error: the state at ~/.groundplan/sandbox/state/shop is locked by `destroy --yes` (process 815 of ada on build-1, since 2023-11-14 22:10:15 UTC); wait until that run has ended
    hint: that run has held the lock for 3m 05s
    hint: `--lock-timeout 10m` waits for the lock
    hint: if that run hangs, `force-unlock` of that app takes the lock away
    ");
    machine.run(&shop(), "deploy --lock-timeout soon").fails(3, "expected a duration such as `90s`");
    let waited = machine.run(&shop(), "deploy --lock-timeout 200ms").fails(4, "waiting up to 200ms for the lock");
    assert!(waited.err.contains("2023-11-14 22:10:15 UTC) for 3m 05s\n"), "{}", waited.err);
    assert!(waited.err.contains("is locked by `destroy --yes`"), "{}", waited.err);
    let taken = machine.run(&shop(), "force-unlock").succeeds();
    assert!(taken.err.contains("the lock was taken away from `destroy --yes` (process"), "{}", taken.err);
    machine.run(&shop(), "deploy").succeeds();
    drop(lock);
    let free = machine.run(&shop(), "force-unlock").succeeds();
    assert!(free.err.contains(" is free"), "{}", free.err);
}

#[test]
fn a_lock_that_is_given_back_in_time_is_taken() {
    let machine = Machine::new();
    let mut lock = Some(hold(&machine));
    let told = move |text: &str| {
        if text.contains("waiting up to 1m 00s for the lock") {
            lock.take();
        }
    };
    machine.run_telling(&shop(), "deploy --lock-timeout 1m", told).succeeds();
}

#[test]
fn what_looks_moved_is_shown_with_the_line_to_add() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let plan = machine.run(&renamed(false), "plan").succeeds().out;
    let at = plan.find("hint:").expect("a hint");
    let hint: String = plan[at..].lines().take(3).map(|line| format!("{line}\n")).collect();
    let line = hint.split_once("upkeep.rs:").and_then(|(_, rest)| rest.split_once(": add")).expect("a location").0;
    assert_snapshot!(hint.replace(line, "[line]"), @r#"
    hint: shop/network looks like shop/vpc under a new path (EC2::VPC)
      --> lib/cli/tests/upkeep.rs:[line]: add .moved("vpc", "network") to shop
          or run `state mv shop/vpc shop/network`
    "#);
    let moved = machine.run(&renamed(true), "plan").succeeds();
    assert_snapshot!(moved.out, @"
    shop at sandbox, account 123456789012

        shop
      →   network  EC2::VPC  moved from shop/vpc

    Plan: 0 to create, 0 to change, 0 to replace, 0 to delete, 1 to move
    ");
    machine.run(&renamed(true), "deploy").succeeds();
    assert!(machine.run(&renamed(false), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn a_plan_names_the_snapshot_that_is_taken_before_a_database_is_deleted() {
    let machine = Machine::new();
    let program = app(|shop| {
        let database = rds::DbInstance::new().engine("postgres").db_instance_class("db.t4g.medium");
        shop.add("db", database.allocated_storage("20").master_username("postgres").manage_master_user_password(true));
    });
    machine.run(&program, "deploy").succeeds();
    let none = app(|_| {});
    let losses = |arguments: &str| {
        let shown = machine.run(&none, arguments).succeeds().out;
        let line = shown.lines().find(|line| line.starts_with("  shop/db  RDS::DBInstance")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{shown}"))
    };
    for arguments in ["plan", "plan --destroy --delete-data"] {
        assert!(losses(arguments).contains("  final snapshot "), "{}", losses(arguments));
        let without = format!("{arguments} --skip-final-snapshot");
        assert!(losses(&without).ends_with("  no final snapshot"), "{}", losses(&without));
    }
}

#[test]
fn a_plan_says_which_change_waits_for_a_reboot() {
    let machine = Machine::new();
    let program = |connections: &str| {
        let connections = connections.to_owned();
        app(move |shop| {
            let values = [("max_connections".to_owned(), connections.as_str().into())].into();
            let group = rds::DbParameterGroup::new(rds::DbParameterGroupArgs {
                description: "of the shop",
                family: "postgres16",
            })
            .parameters(Value::Map(values));
            let group = shop.add("parameters", group);
            for (name, at_once) in [("main", true), ("reports", false)] {
                let database = rds::DbInstance::new().engine("postgres").db_instance_class("db.t4g.medium");
                let database = database.allocated_storage("20").apply_immediately(at_once);
                shop.add(name, database.db_parameter_group_name(group.db_parameter_group_name()));
            }
        })
    };
    machine.run(&program("100"), "deploy").succeeds();
    let shown = machine.run(&program("200"), "plan").succeeds().out;
    let line = shown.lines().find(|line| line.contains("max_connections")).unwrap_or_else(|| panic!("{shown}"));
    assert!(line.contains("# static parameters take effect when"), "{line}");
    assert!(line.contains("shop/main is rebooted by this deploy, shop/reports needs a reboot"), "{line}");
    assert!(shown.contains("it is rebooted so that static parameters of shop/parameters apply"), "{shown}");
    let ran = machine.run(&program("200"), "deploy").succeeds();
    let said = ran.out + &ran.err;
    let waits = "shop/reports may need a reboot to apply static parameters of shop/parameters";
    assert!(said.contains(waits) && !said.contains("shop/main may need a reboot"), "{said}");
}

#[test]
fn what_is_protected_is_not_deleted_even_when_the_program_forgets_it() {
    let machine = Machine::new();
    let with = |protect: bool| {
        app(|shop| {
            let media = shop.add("media", s3::Bucket::new());
            if protect {
                media.protect();
            }
        })
    };
    machine.run(&with(true), "deploy").succeeds();
    let none = app(|_| {});
    let refused =
        machine.run(&none, "deploy --delete-data").fails(1, "the plan deletes or replaces protected resources");
    assert_snapshot!(refused.out + &clean(&refused.err), @"
    shop at sandbox, account 123456789012

        shop
      !   media  S3::Bucket  PROTECTED  is not deleted, no longer in the program

    Plan: 0 to create, 0 to change, 0 to replace, 0 to delete, 1 protected, so that a deploy is refused
    error: the plan deletes or replaces protected resources:
      - shop/media
    to allow it, first deploy a change that only removes the protection (`protect`, or `DeletionProtection` of AWS)
    ");
    machine.run(&none, "destroy --delete-data").fails(1, "protected");
    machine.run(&with(false), "deploy").succeeds();
    machine.run(&none, "deploy --delete-data").succeeds();
}

#[test]
fn what_is_retained_stays_in_the_account_when_the_program_lets_it_go() {
    let machine = Machine::new();
    let retained = app(|shop| {
        shop.add("media", s3::Bucket::new()).retain();
    });
    machine.run(&retained, "deploy").succeeds();
    let none = app(|_| {});
    assert_snapshot!(machine.run(&none, "plan").succeeds().out, @"
    shop at sandbox, account 123456789012

        shop
      x   media  S3::Bucket  stays in the account, no longer in the program, it is declared with `retain`

    Plan: 0 to create, 0 to change, 0 to replace, 0 to delete, 1 to leave in the account
    ");
    machine.run(&none, "deploy").succeeds();
    assert_eq!(machine.sandbox().inventory().expect("it is whole").len(), 1);
    assert_eq!(paths(&machine, &none), Vec::<String>::new());
    let shown = machine.run(&none, "state show shop/media").succeeds();
    assert!(shown.out.contains("status: retained: it stays in the account"), "{}", shown.out);
    // Declared again, it would be created a second time.
    let id = shown.out.lines().find_map(|line| line.strip_prefix("  id: ")).expect("it has one");
    let adopt = format!("hint: `import shop/media {id}` adopts the existing resource as shop/media\n");
    assert!(machine.run(&retained, "plan").succeeds().err.contains(&adopt), "the plan has {adopt}");
    // Of this one and another one that is managed there since, either can be taken out of the state.
    machine.run(&retained, "deploy").succeeds();
    let shown = &machine.run(&retained, "state show shop/media --json").json()[0];
    assert_ne!(shown["resource"]["id"], shown["retained"][0]["id"]);
    let dropped = machine.run(&retained, "state rm shop --retained").succeeds();
    assert!(dropped.err.contains("1 retained resource removed from the state"), "{}", dropped.err);
    assert_eq!(paths(&machine, &retained), ["shop/media"]);
    machine.run(&retained, "state rm shop --retained").fails(3, "in the records of retained resources");
    machine.run(&retained, "state rm shop --retained --open").fails(3, "cannot be used with");
}

#[test]
fn ignored_changes_are_left_alone() {
    let machine = Machine::new();
    let with = |dns: bool, ignored: bool| {
        app(|shop| {
            let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(dns));
            if ignored {
                vpc.ignore_changes("EnableDnsHostnames");
            }
        })
    };
    machine.run(&with(false, true), "deploy").succeeds();
    assert!(machine.run(&with(true, true), "plan").succeeds().out.contains("no changes"));
    let vpc = id(&machine, "AWS::EC2::VPC");
    let tamper =
        |properties: &mut serde_json::Map<_, _>| drop(properties.insert("EnableDnsHostnames".into(), json!(true)));
    machine.sandbox().tamper("AWS::EC2::VPC", &vpc, tamper).expect("it is there");
    assert!(machine.run(&with(false, true), "plan --refresh").succeeds().out.contains("no changes"));
    assert!(machine.run(&with(false, false), "plan").succeeds().out.contains("0 to change"));
    assert!(machine.run(&with(true, false), "plan").succeeds().out.contains("1 to change"));
}

#[test]
fn each_region_has_its_own() {
    let app = App::new("shop");
    app.stack("shop", Environment::new("eu-central-1")).add("media", s3::Bucket::new());
    Machine::new().run(&app, "import shop/media nothing").fails(3, "in eu-central-1 of account 123456789012");
}

#[test]
fn what_exists_already_fails_with_the_command_that_imports_it() {
    let machine = Machine::new();
    let bucket = json!({"BucketName": "planted-by-hand"}).as_object().cloned().expect("a map");
    machine.sandbox().plant("AWS::S3::Bucket", "us-east-1", bucket).expect("it is free");
    let media = app(|shop| drop(shop.add("media", s3::Bucket::new().bucket_name("planted-by-hand"))));
    machine
        .run(&media, "deploy")
        .fails(1, "hint: `import shop/media planted-by-hand` adopts the existing resource as shop/media");
    machine.run(&media, "import shop/media planted-by-hand").succeeds();
    machine.run(&media, "deploy").succeeds();
}

/// A construct of two resources.
struct Network;

impl Construct for Network {
    type Handle = ();

    fn build(self, scope: &Scope) {
        let vpc = scope.add("main", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        scope.add("a", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/24").availability_zone("us-east-1a"));
    }
}

#[test]
fn a_construct_moves_as_a_whole_by_one_line() {
    let machine = Machine::new();
    machine.run(&app(|shop| shop.add("vpc", Network)), "deploy").succeeds();
    let plan = machine.run(&app(|shop| shop.add("network", Network)), "plan").succeeds().out;
    assert!(plan.contains("hint: shop/network looks like shop/vpc under a new path (2 resources)"), "{plan}");
    assert!(plan.contains(": add .moved(\"vpc\", \"network\") to shop\n"), "{plan}");
    assert!(plan.contains("or run `state mv shop/vpc shop/network`"), "{plan}");
    let moved = app(|shop| shop.moved("vpc", "network").add("network", Network));
    assert_snapshot!(machine.run(&moved, "plan").succeeds().out, @"
    shop at sandbox, account 123456789012

        shop
          network
      →     a     EC2::Subnet  moved from shop/vpc/a
      →     main  EC2::VPC     moved from shop/vpc/main

    Plan: 0 to create, 0 to change, 0 to replace, 0 to delete, 2 to move
    ");
}

#[test]
fn no_file_holds_the_value_of_a_secret() {
    let (name, value) = ("API_TOKEN", "correct-horse-battery-staple");
    let machine = Machine::new().with(name, value);
    let app = app(|shop| {
        let secret = groundplan_resources::secretsmanager::Secret::new().secret_string(Secret::from_env(name));
        shop.add("token", secret);
    });
    machine.run(&app, "plan --out shop.plan").succeeds();
    machine.run(&app, "deploy shop.plan").succeeds();
    machine.run(&app, "deploy --refresh").succeeds();
    let mut open = vec![machine.path("")];
    let mut files = 0;
    while let Some(path) = open.pop() {
        match path.is_dir() {
            true => open.extend(std::fs::read_dir(path).expect("a directory").map(|entry| entry.expect("one").path())),
            false => {
                files += 1;
                assert!(!machine::read(&path).contains(value), "{}", path.display());
            }
        }
    }
    assert!(files > 5, "{files}");
}
