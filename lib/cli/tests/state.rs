//! The location of the state, and the commands on a whole state; against the sandbox, in process.

mod machine;

use std::fs;

use groundplan_core::{App, Environment};
use groundplan_engine::StateStore;
use groundplan_engine::model::LockOwner;
use groundplan_engine::store::FileStore;
use groundplan_resources::{ec2, s3};
use insta::assert_snapshot;
use serde_json::json;

use machine::{Machine, app, database, network, read, shop};

const STATE: &str = ".groundplan/sandbox/state/shop";

#[test]
fn the_first_deploy_says_that_there_is_no_state_and_where() {
    let machine = Machine::new();
    let first = format!("first deploy: no state at ~/{STATE}; 3 resources will be created");
    assert!(machine.run(&shop(), "plan").succeeds().err.contains(&first));
    assert!(machine.run(&shop(), "deploy").succeeds().err.contains(&first));
    for command in ["plan", "deploy", "destroy", "plan"] {
        let ran = machine.run(&shop(), command).succeeds();
        assert!(!ran.err.contains("first deploy"), "{command}: {}", ran.err);
    }
}

#[test]
fn a_state_that_is_gone_is_no_empty_account() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    machine.run(&network("10.0.0.0/24", true), "deploy").succeeds();
    fs::remove_file(machine.path(STATE).join("state.json")).unwrap();
    for command in ["plan", "deploy", "destroy", "drift", "state list", "output", "history"] {
        let ran = machine.run(&shop(), command).fails(1, "there is no state at ~/.groundplan/sandbox/state/shop");
        assert!(ran.err.contains("`state restore 1` restores the newest earlier state"), "{command}: {}", ran.err);
    }
    let listed = machine.run(&shop(), "state restore").succeeds();
    assert!(listed.out.contains("    1  3 resources     `deploy` of"), "{}", listed.out);
    machine.run(&shop(), "state restore 9").fails(1, "has no state with the serial 9; these can be restored: 1");
    let blank = machine.run(&shop(), "state restore 0").fails(1, "is from before the first deploy and is empty");
    let starts_over = "these can be restored: 1\nhint: `--new-state` starts over with a new state";
    assert!(blank.err.contains(starts_over), "{}", blank.err);
    let restored = machine.run(&shop(), "state restore 1").succeeds();
    assert!(
        restored.err.contains("the state 1 was restored, as serial 3; the account is not changed"),
        "{}",
        restored.err
    );
    assert!(machine.run(&shop(), "history").succeeds().out.lines().last().unwrap().contains("state restore 1"));
    machine.run(&network("10.0.0.0/24", true), "deploy --refresh").succeeds();
    assert!(machine.run(&network("10.0.0.0/24", true), "plan --refresh").succeeds().out.contains("no changes"));
}

#[test]
fn a_file_that_cannot_be_read_takes_no_other_run_or_state_away() {
    let machine = Machine::new().with("USER", "ada");
    for last in ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"] {
        machine.run(&network(last, true), "deploy").succeeds();
    }
    let place = machine.path(STATE);
    let file = |name: &str| place.join(name);
    // Damaged, a directory, and of a later version.
    fs::write(file("history/2.json"), "{").unwrap();
    fs::remove_file(file("history/3.json")).unwrap();
    fs::create_dir(file("history/3.json")).unwrap();
    let later = read(&file("history/4.json")).replace("\"format\": 1", "\"format\": 9");
    fs::write(file("history/4.json"), later).unwrap();
    fs::write(file("state.3.json"), [0xff]).unwrap();
    fs::remove_file(file("state.2.json")).unwrap();
    fs::create_dir(file("state.2.json")).unwrap();
    let now = format!("\"format\": {}", groundplan_engine::State::FORMAT);
    let later = read(&file("state.4.json")).replace(&now, "\"format\": 9");
    fs::write(file("state.4.json"), later).unwrap();

    let history = machine.run(&shop(), "history").succeeds();
    assert_snapshot!(history.out, @"
    1  2023-11-14 22:13:20 UTC  ada@build-7  deploy  +3  done
    2  unreadable
    3  unreadable
    4  unreadable
    5  2023-11-14 22:13:20 UTC  ada@build-7  deploy  ±1  done
    ");
    for why in ["run 2 is unreadable: ~", "2.json is damaged", "3.json`: Is a directory", "4.json has format 9"] {
        assert!(history.err.contains(why), "{why}: {}", history.err);
    }
    let json = &machine.run(&shop(), "history --json").succeeds().json()[0];
    assert_eq!(json["history"].as_array().unwrap().len(), 2);
    let serials = |json: &serde_json::Value| {
        let unreadable = json["unreadable"].as_array().unwrap();
        assert!(unreadable.iter().all(|it| !it["reason"].as_str().unwrap().is_empty()), "{json}");
        unreadable.iter().map(|it| it["serial"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(serials(json), [2, 3, 4]);

    let listed = machine.run(&shop(), "state restore").succeeds();
    assert_snapshot!(listed.out, @"
        1  3 resources     `deploy` of ada@build-7 at 2023-11-14 22:13:20 UTC
        2  unreadable
        3  unreadable
        4  unreadable
    ");
    for why in ["the state 3 is unreadable: ~", "3.json is damaged", "2.json`: Is a directory", "4.json has format 9"] {
        assert!(listed.err.contains(why), "{why}: {}", listed.err);
    }
    assert_eq!(serials(&machine.run(&shop(), "state restore --json").succeeds().json()[0]), [2, 3, 4]);

    machine.run(&shop(), "rollback 2").fails(1, "2.json is damaged");
    // What has moved since is not known.
    machine.run(&shop(), "rollback 1").fails(1, "2.json is damaged");
    machine.run(&shop(), "rollback 5").succeeds();
    machine.run(&shop(), "state restore 3").fails(1, "state.3.json is damaged");
    machine.run(&shop(), "state restore 2").fails(1, "Is a directory");
    machine.run(&shop(), "state restore 1").succeeds();
}

#[test]
fn a_state_that_is_put_back_names_what_is_not_in_it_and_no_edited_one_makes_a_command_panic() {
    let machine = Machine::new();
    machine.run(&network("10.0.0.0/24", true), "deploy").succeeds();
    machine.run(&network("10.0.1.0/24", true), "deploy").succeeds();
    let restored = machine.run(&network("10.0.0.0/24", true), "state restore 1").succeeds();
    assert!(restored.err.contains("warning: shop/vpc-a (AWS::EC2::Subnet subnet-"), "{}", restored.err);
    machine.run(&shop(), "state migrate file:.groundplan/sandbox/../sandbox/state").fails(3, "already");

    let text = read(&machine.path(STATE).join("state.json"));
    let mut edited: serde_json::Value = serde_json::from_str(&text).unwrap();
    edited["resources"]["shop/vpc"]["dependencies"] = json!(["shop/vpc", "shop/vpc-a"]);
    fs::write(machine.path("edited.json"), edited.to_string()).unwrap();
    machine.run(&shop(), "state push edited.json --force").succeeds();
    let refused = machine.run(&shop(), "destroy --delete-data");
    assert!(refused.err.contains("these steps wait for each other"), "{}", refused.err);
    edited["resources"]["shop/vpc"]["dependencies"] = json!(["shop/vpc"]);
    fs::write(machine.path("edited.json"), edited.to_string()).unwrap();
    machine.run(&shop(), "state push edited.json --force").succeeds();
    machine.run(&shop(), "plan").succeeds();
    edited["generations"] = json!({"shop/vpc": u32::MAX});
    fs::write(machine.path("edited.json"), edited.to_string()).unwrap();
    machine.run(&shop(), "state push edited.json --force").fails(1, "is not a possible generation of `shop/vpc`");
    edited["generations"] = json!({});
    edited["serial"] = json!(u32::MAX - 3);
    fs::write(machine.path("edited.json"), edited.to_string()).unwrap();
    machine.run(&shop(), "state push edited.json --force").fails(1, "is not a possible serial of a state");
}

#[test]
fn a_mistyped_place_is_noticed_by_what_the_account_has() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy --state file:states").succeeds();
    let mistyped = machine
        .run(&shop(), "deploy --state file:statse")
        .fails(1, "there is no state at ~/statse/shop, but account 123456789012 has resources");
    assert!(mistyped.err.contains("AWS::EC2::VPC vpc-"), "{}", mistyped.err);
    let hints = mistyped.err.lines().filter(|line| line.starts_with("hint:")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(hints, @"
    hint: check that this is the location of the state; `--state URL` names another one
    hint: `state push FILE` restores the state from a backup
    hint: `import PATH ID` adopts an existing resource; the first import needs `--new-state`
    hint: `--new-state` starts over with a new state, and leaves existing resources alone
    ");
    machine.run(&shop(), "plan --state file:statse").fails(1, "has resources with the tags of the app `shop`");
    assert_eq!(machine.sandbox().inventory().unwrap().len(), 3);
    // Who means it says so.
    machine.run(&shop(), "deploy --state file:statse --new-state").succeeds();
    machine.run(&shop(), "deploy --state file:statse").succeeds();
    // Another app is not concerned.
    let account = App::new("account");
    account.stack("account", Environment::new("us-east-1")).add("vpc", ec2::Vpc::new().cidr_block("10.1.0.0/16"));
    machine.run(&account, "deploy").succeeds();
}

#[test]
fn what_a_lost_state_has_known_is_adopted_one_by_one() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    fs::remove_dir_all(machine.path(STATE)).unwrap();
    let inventory = machine.sandbox().inventory().unwrap();
    let mut imports: Vec<_> =
        inventory.iter().map(|item| format!("import {} {}", item.path.as_ref().unwrap(), item.id)).collect();
    let refused = machine.run(&shop(), &imports[0]).fails(1, "has resources with the tags of the app `shop`");
    assert!(refused.err.contains("the first import needs `--new-state`"), "{}", refused.err);
    machine.run(&shop(), "drift").fails(1, "has resources with the tags of the app `shop`");
    imports[0] += " --new-state";
    imports.iter().for_each(|import| drop(machine.run(&shop(), import).succeeds()));
    machine.run(&shop(), "deploy").succeeds();
    let ids = |items: &[groundplan_simulator::Item]| items.iter().map(|item| item.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&machine.sandbox().inventory().unwrap()), ids(&inventory));
}

#[test]
fn what_another_app_has_is_not_imported_before_it_lets_go_of_it() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let billing = App::new("billing");
    let stack = billing.stack("billing", Environment::new("us-east-1"));
    for name in ["net", "other"] {
        stack.add(name, ec2::Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(false));
    }
    let inventory = machine.sandbox().inventory().unwrap();
    let vpc = inventory.iter().find(|item| item.type_name == "AWS::EC2::VPC").unwrap().id.clone();
    let import = format!("import billing/net {vpc}");
    let refused = machine.run(&billing, &import).fails(3, "is `shop/vpc` of the app `shop`");
    assert!(refused.err.contains("hint: `state rm shop/vpc` of `shop` removes it from the state"), "{}", refused.err);
    // No flag gives one resource to two apps, and a fresh state hides no other one.
    machine.run(&billing, &format!("{import} --take-ownership")).fails(3, "two apps cannot manage the same resource");
    machine.run(&billing, &format!("{import} --new-state")).fails(3, "is `shop/vpc` of the app `shop`");
    // Where the other state is elsewhere, the tags tell.
    let elsewhere = format!("{import} --state file:elsewhere");
    let refused = machine.run(&billing, &elsewhere).fails(3, "say that it is `shop/vpc` of the app `shop`");
    assert!(refused.err.contains("whose state is not in the same location as ~/elsewhere/billing"), "{}", refused.err);
    let hints = "hint: `state rm shop/vpc` of `shop` removes it from the state of that app\n\
                 hint: if no other app manages it, `--take-ownership` imports it in spite of its tags\n";
    assert!(refused.err.contains(hints), "{}", refused.err);

    machine.run(&shop(), "state rm shop/vpc").succeeds();
    let renamed = app(|shop| drop(shop.add("network", ec2::Vpc::new().cidr_block("10.0.0.0/16"))));
    let other_path =
        machine.run(&renamed, &format!("import shop/network {vpc}")).fails(3, "was created for `shop/vpc`");
    let hints = format!(
        "hint: `import shop/vpc {vpc}` adopts the existing resource as shop/vpc\n\
         hint: if no other app manages it, `--take-ownership` imports it in spite of its tags\n"
    );
    assert!(other_path.err.contains(&hints), "{}", other_path.err);
    machine.run(&billing, &import).succeeds();
    machine
        .run(&shop(), &format!("import shop/vpc {vpc} --take-ownership"))
        .fails(3, "is `billing/net` of the app `billing`");
}

#[test]
fn a_state_is_pulled_edited_and_pushed() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let pulled = machine.run(&shop(), "state pull").succeeds().out;
    let mut edited: serde_json::Value = serde_json::from_str(&pulled).unwrap();
    edited["outputs"]["bucket"] = json!("another");
    fs::write(machine.path("edited.json"), edited.to_string()).unwrap();
    let pushed = machine.run(&shop(), "state push edited.json").succeeds();
    assert!(pushed.err.contains("the state in edited.json was pushed, as serial 2"), "{}", pushed.err);
    assert_eq!(machine.run(&shop(), "output bucket").succeeds().out, "another\n");
    let older = machine.run(&shop(), "state push edited.json").fails(1, "it has changed since");
    assert!(older.err.contains("hint: `state pull` prints the current state"), "{}", older.err);
    assert!(older.err.contains("`state push FILE --force` writes it"), "{}", older.err);

    // What is edited in place is refused until it is pushed.
    let state = machine.path(STATE).join("state.json");
    fs::write(&state, read(&state).replace("another", "a third one")).unwrap();
    let refused = machine.run(&shop(), "plan").fails(1, "does not match its checksum: it was edited by hand");
    let ways_out = "hint: `state restore` lists the earlier states, and `state restore N` restores one of them\n\
                    hint: if a state in a file is to replace it nevertheless, `state push FILE --force` writes it\n";
    assert!(refused.err.contains(ways_out), "{}", refused.err);
    machine.run(&shop(), &format!("state push {STATE}/state.json")).fails(1, "does not match its checksum");
    machine.run(&shop(), &format!("state push {STATE}/state.json --force")).succeeds();
    assert_eq!(machine.run(&shop(), "output bucket").succeeds().out, "a third one\n");
    let mut fewer = edited.clone();
    fewer["resources"].as_object_mut().unwrap().remove("shop/vpc-a").expect("it is there");
    fs::write(machine.path("edited.json"), fewer.to_string()).unwrap();
    let warned = machine.run(&shop(), "state push edited.json --force").succeeds();
    assert!(warned.err.contains("warning: shop/vpc-a (AWS::EC2::Subnet subnet-"), "{}", warned.err);
}

#[test]
fn a_state_is_moved_to_another_place_and_the_old_one_says_so() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let moved = machine.run(&shop(), "state migrate file:elsewhere").succeeds();
    assert!(
        moved.err.contains(
            "the state was moved to file:~/elsewhere; commands that use the old location ~/.groundplan/sandbox/state/shop now fail"
        ),
        "{}",
        moved.err
    );
    for command in ["plan", "deploy", "state list", "state restore 0", "state migrate file:third"] {
        let ran = machine.run(&shop(), command).fails(1, "was moved to file:~/elsewhere");
        assert!(ran.err.contains("hint: use the state there, with `--state file:~/elsewhere`"), "{}", ran.err);
        assert!(ran.err.contains("--state file:~/elsewhere"), "{}", ran.err);
    }
    assert!(machine.run(&shop(), "plan --state file:elsewhere").succeeds().out.contains("no changes"));
    assert!(machine.run(&shop(), "history --state file:elsewhere").succeeds().out.contains("deploy"));
    machine
        .run(&shop(), "state migrate file:elsewhere --state file:elsewhere")
        .fails(3, "is at file:~/elsewhere already");
    machine
        .run(&shop(), "state migrate s3://bucket/prefix --state file:elsewhere")
        .fails(3, "the sandbox exists only on this machine");
    // And back, also where the old place is the one that is looked at.
    let old = format!("state migrate file:{}", machine.path(".groundplan/sandbox/state").display());
    let refused = machine.run(&shop(), &old).fails(3, "the state was moved from file:~/.groundplan/sandbox/state to");
    assert!(
        refused.err.contains("`state migrate file:~/.groundplan/sandbox/state --state file:~/elsewhere` moves it back"),
        "{}",
        refused.err
    );
    let back =
        format!("state migrate file:{} --state file:elsewhere", machine.path(".groundplan/sandbox/state").display());
    machine.run(&shop(), &back).succeeds();
    assert!(machine.run(&shop(), "plan").succeeds().out.contains("no changes"));
    machine.run(&shop(), "plan --state file:elsewhere").fails(1, "was moved to file:~/.groundplan/sandbox/state");
}

#[test]
fn a_whole_stack_gets_another_name_as_the_hint_says() {
    let named = |stack: &str| {
        let app = App::new("shop");
        let stack = app.stack(stack, Environment::new("us-east-1"));
        let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        stack.add("a", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/24"));
        app
    };
    let machine = Machine::new();
    machine.run(&named("shop"), "deploy").succeeds();
    let plan = machine.run(&named("store"), "plan").succeeds();
    if plan.out.contains("state mv") {
        assert!(plan.out.contains("`state mv shop store`"), "{}", plan.out);
    }
    machine.run(&named("store"), "state mv shop store").succeeds();
    let plan = machine.run(&named("store"), "plan").succeeds();
    assert!(plan.out.contains("no changes"), "{}", plan.out);
    for (from, to) in
        [("store/vpc", "vpc"), ("store", "a\u{1b}[2Jb"), ("store/vpc", "store/../vpc"), ("store/vpc", "store//x")]
    {
        machine
            .run(&named("store"), &format!("state mv {from} {to}"))
            .fails(3, "is not a path: a path consists of names joined by");
    }
}

#[test]
fn no_escape_sequence_of_another_reaches_the_terminal() {
    let machine = Machine::new();
    let evil = "\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}";
    let program = app(|shop| {
        shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        shop.export("evil", evil.to_owned());
    });
    machine.run(&program, "deploy").succeeds();
    let vpc = machine.sandbox().inventory().unwrap().into_iter().next().unwrap();
    let tag = json!([{"Key": evil, "Value": evil}]);
    machine.sandbox().tamper(&vpc.type_name, &vpc.id, |live| drop(live.insert("Tags".into(), tag))).unwrap();
    fs::write(machine.path(STATE).join("lock"), "").unwrap();
    for command in [
        "plan --refresh --color always",
        "drift --color always",
        "output",
        "state show shop/vpc",
        "output --json",
        "drift --json",
    ] {
        let ran = machine.run(&program, command);
        let text = format!("{}{}", ran.out, ran.err);
        for bad in ["\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}"] {
            assert!(!text.contains(bad), "{command}: {text:?}");
        }
    }
    // A program that reads the value gets it as it is.
    assert_eq!(machine.run(&program, "output evil").succeeds().out, format!("{evil}\n"));
    let json = machine.run(&program, "output --json").succeeds();
    assert_eq!(json.json()[0]["evil"], evil);
}

#[test]
fn nothing_that_is_quoted_breaks_a_line() {
    let machine = Machine::new();
    let evil = "a\nerror: forged\r\tb";
    let program = app(|shop| {
        shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        shop.export("evil", evil.to_owned());
    });
    let lines = |command: &str| {
        let ran = machine.run(&program, command);
        let text = format!("{}{}", ran.out, ran.err);
        assert!(text.contains(r"a\nerror: forged\r\tb"), "{command}: {text}");
        assert!(text.lines().all(|line| !line.starts_with("error: forged")), "{command}: {text}");
        text
    };
    lines("deploy");
    lines("output");
    let state = machine.path(STATE).join("state.json");
    let mut edited: serde_json::Value = serde_json::from_str(&read(&state)).unwrap();
    edited["resources"]["shop/vpc"]["id"] = json!(evil);
    fs::write(machine.path("edited.json"), edited.to_string()).unwrap();
    machine.run(&program, "state push edited.json --force").succeeds();
    lines("state list");
    lines("state show shop/vpc");
    machine.run(&program, "deploy").succeeds();
    let store = FileStore::new(machine.path(".groundplan/sandbox/state"), "shop");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _lock = runtime.block_on(store.lock(&LockOwner::new(evil))).unwrap();
    lines("deploy");
    lines("deploy --lock-timeout 200ms");
    assert_eq!(lines("force-unlock").lines().filter(|line| line.contains("forged")).count(), 1);
}

#[test]
fn an_app_with_a_name_that_leads_elsewhere_is_refused() {
    let machine = Machine::new();
    for name in ["../../evil", "preview/f1"] {
        let program = App::new(name);
        program.stack("shop", Environment::new("us-east-1"));
        machine.run(&program, "deploy").fails(3, "error[GP0106]: this cannot be the name of an app");
    }
    assert!(!machine.path("evil").exists());
}

#[test]
fn a_saved_plan_that_was_edited_is_refused() {
    let machine = Machine::new();
    machine.run(&shop(), "plan --out shop.plan").succeeds();
    let plan = machine.path("shop.plan");
    fs::write(&plan, read(&plan).replace("10.0.0.0/24", "10.0.1.0/24")).unwrap();
    let refused = machine.run(&shop(), "deploy shop.plan");
    let refused = refused.fails(3, "it does not match its checksum: it was edited or is damaged");
    let again = "\nhint: make a new plan with `plan --out FILE`, or run the command without a saved plan\n";
    assert!(refused.err.contains(again), "{}", refused.err);
}

#[test]
fn people_and_programs_are_told_what_to_do_about_a_refusal_and_a_failed_step() {
    let machine = Machine::new();
    machine.run(&database("admin"), "plan --out old.plan").succeeds();
    machine.run(&database("admin"), "deploy").succeeds();
    let allow = "to allow the loss of their data, add `--delete-data`";
    let planned = machine.run(&database("root"), "plan").succeeds();
    let refused = format!("stateful resources:\n  - shop/db\nhint: {allow}\n");
    assert!(planned.err.contains(&refused), "{}", planned.err);
    let document = &machine.run(&database("root"), "plan --json").json()[0];
    assert_eq!((document["refused"].as_array().unwrap().len(), &document["hints"]), (1, &json!([allow])));
    let again = "make a new plan with `plan --out FILE`, or run the command without a saved plan";
    assert_eq!(machine.run(&database("root"), "show old.plan --json").json()[0]["hints"], json!([again]));
    let refused = machine.run(&database("root"), "deploy --json").json();
    assert_eq!(refused.last().unwrap()["error"]["hints"], json!([allow]));

    let bucket = json!({"BucketName": "planted-by-hand"}).as_object().cloned().expect("a map");
    machine.sandbox().plant("AWS::S3::Bucket", "us-east-1", bucket).expect("it is free");
    let media = app(|shop| drop(shop.add("media", s3::Bucket::new().bucket_name("planted-by-hand"))));
    let failed = machine.run(&media, "deploy --json --delete-data").json();
    let failed = &failed.last().unwrap()["failed"][0];
    let import = "`import shop/media planted-by-hand` adopts the existing resource as shop/media";
    assert_eq!((&failed["path"], &failed["hints"]), (&json!("shop/media"), &json!([import])), "{failed}");
}

#[test]
fn what_is_kept_on_this_machine_is_kept_out_of_git() {
    let ignored = |machine: &Machine| fs::read_to_string(machine.path("project/.groundplan/.gitignore")).ok();
    let machine = || {
        let machine = Machine::new();
        fs::remove_dir(machine.path(".groundplan")).unwrap();
        fs::create_dir(machine.path("project")).unwrap();
        machine
    };
    let planned = machine();
    planned.within("project").run(&shop(), "plan").succeeds();
    assert!(!planned.path("project/.groundplan").exists(), "a plan creates nothing");
    let deployed = machine();
    deployed.within("project").run(&shop(), "deploy").succeeds();
    assert_eq!(ignored(&deployed).as_deref(), Some("*\n"));
    // Whoever takes the file away wants that, and what a user names is theirs.
    fs::remove_file(deployed.path("project/.groundplan/.gitignore")).unwrap();
    deployed.within("project").run(&shop(), "state migrate file:named").succeeds();
    assert_eq!(ignored(&deployed), None);
    assert!(!deployed.path("project/named/.gitignore").exists());
}

#[cfg(unix)]
#[test]
fn the_file_that_says_whose_a_state_is_is_its_owners_alone_and_written_through_no_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let machine = Machine::new();
    fs::create_dir_all(machine.path("states/shop")).unwrap();
    fs::write(machine.path("elsewhere"), "precious").unwrap();
    symlink(machine.path("elsewhere"), machine.path("states/shop/target.new")).unwrap();
    machine.run(&shop(), "deploy --state file:states").succeeds();
    assert_eq!(read(&machine.path("states/shop/target")), "sandbox\n");
    assert_eq!(read(&machine.path("elsewhere")), "precious");
    let found = fs::symlink_metadata(machine.path("states/shop/target")).unwrap();
    assert_eq!((found.is_file(), found.permissions().mode() & 0o777), (true, 0o600));
}
