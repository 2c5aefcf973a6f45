//! Whole command lines against the sandbox, in process.

mod machine;

use groundplan_core::{App, Environment};
use groundplan_engine::State;
use groundplan_engine::model::LockOwner;
use groundplan_engine::store::{FileStore, StateStore};
use groundplan_resources::{ec2, iam, s3};
use insta::assert_snapshot;
use serde_json::json;

use machine::{Machine, app, database, network, read, shop};

const NOTE: &str = "no AWS credentials are configured: using the embedded sandbox";

#[test]
fn help_names_every_command() {
    let help = Machine::new().run(&shop(), "-h").succeeds();
    assert_snapshot!(help.out, @"
    The infrastructure of shop

    Usage: shop [OPTIONS] <COMMAND>

    Commands:
      synth         Write the resources that the program declares, without network
                    access
      plan          Show the changes that a deploy would make, and why
      show          Show a plan that `plan --out` saved
      deploy        Create, update and delete resources to match the program
      destroy       Delete all resources; stateful ones only with --delete-data
      drift         Show how the target differs from the state; exit with code 2 if
                    it does
      output        Show the outputs of the app
      state         Inspect, edit, restore or move the state
      import        Adopt an existing resource
      history       List the runs that changed something
      rollback      Deploy the program as it was in an earlier run
      force-unlock  Release the lock of a run that hangs
      graph         Show the dependencies between resources
      doctor        Check target, credentials and state
      explain       Explain the code of a diagnostic; without CODE, list all codes

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Global options:
          --target <TARGET>
              Deployment target: `auto`, `aws`, `sandbox`, or the URL of an AWS
              emulator [default: auto]
          --state <URL>
              Location of the state: `file:DIR` or `s3://BUCKET/PREFIX`
          --json
              Write only JSON to standard output
          --color <WHEN>
              Use of colors [default: auto] [possible values: auto, always, never]
          --lock-timeout <DURATION>
              Maximum wait for the lock of another run, such as `90s` or `10m`
              [default: 0s]
          --parallelism <N>
              Maximum number of concurrent calls to the target [default: 10]
      -v, --verbose...
              Show all properties, and log to standard error; repeat for more logs
    ");
}

#[test]
fn a_plan_shows_the_tree_with_what_tells_resources_apart() {
    let plan = Machine::new().run(&shop(), "plan").succeeds();
    assert_snapshot!(plan.out, @r"
    shop at sandbox, account 123456789012

        shop
      +   media  S3::Bucket
      +   vpc    EC2::VPC     10.0.0.0/16
      +   vpc-a  EC2::Subnet  10.0.0.0/24 · us-east-1a

    outputs
        + bucket: (known after apply, from shop/media#BucketName)

    Plan: 3 to create, 0 to change, 0 to replace, 0 to delete
    ");
    assert_eq!(plan.err.matches(NOTE).count(), 1, "it is said once: {}", plan.err);
}

#[test]
fn what_may_have_left_the_screen_is_said_again() {
    let many = app(|shop| (0..30).for_each(|at| drop(shop.add(&format!("media-{at}"), s3::Bucket::new()))));
    let machine = Machine::new();
    for command in ["plan", "deploy", "destroy --delete-data"] {
        let ran = machine.run(&many, command).succeeds();
        assert_eq!(ran.err.matches(NOTE).count(), 2, "{command}: {}", ran.err);
        assert!(ran.err.starts_with("note: ") && ran.err.lines().last().is_some_and(|line| line.contains(NOTE)));
    }
}

#[test]
fn a_full_plan_shows_every_property_of_what_is_new() {
    let plan = Machine::new().run(&database("admin"), "plan --full").succeeds();
    assert_snapshot!(plan.out, @r#"
    shop at sandbox, account 123456789012

        shop
      +   db  RDS::DBInstance  postgres · db.t3.small · 20 GB
            + AllocatedStorage: "20"
            + DBInstanceClass: "db.t3.small"
            + Engine: "postgres"
            + MasterUserPassword: (secret, generated, 30 characters)
            + MasterUsername: "admin"

    Plan: 1 to create, 0 to change, 0 to replace, 0 to delete
    "#);
}

#[test]
fn a_deploy_says_what_was_done_and_what_the_app_publishes() {
    let deploy = Machine::new().run(&shop(), "deploy --parallelism 1").succeeds();
    // What ends in the same instant is told in any order.
    let (mut created, rest): (Vec<&str>, Vec<&str>) =
        deploy.err.lines().partition(|line| line.contains("created  shop/"));
    created.sort_unstable();
    insta::with_settings!({filters => vec![
        (r"\d+ms|\d+\.\ds", "[time]"),
        (r"(vpc|subnet)-[0-9a-f]{17}", "$1-[id]"),
        (r"shop-media-[0-9a-f]{8}", "shop-media-[id]"),
        (r"(?m)^.*waiting for.*\n", ""),
    ]}, {
        assert_snapshot!(rest.join("\n"), @r"
        note: no AWS credentials are configured: using the embedded sandbox, which changes nothing real
        first deploy: no state at ~/.groundplan/sandbox/state/shop; 3 resources will be created

        ✓ deploy of shop: 3 created in [time]
        ");
        assert_snapshot!(created.join("\n"), @r"
        ✓ created  shop/media  S3::Bucket  shop-media-[id]  [time]
        ✓ created  shop/vpc    EC2::VPC  vpc-[id]  [time]
        ✓ created  shop/vpc-a  EC2::Subnet  subnet-[id]  [time]
        ");
        assert_snapshot!(deploy.out.lines().last().unwrap_or_default(), @"bucket = shop-media-[id]");
    });
}

#[test]
fn a_second_deploy_plans_nothing() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    assert_eq!(
        machine.run(&shop(), "plan --detailed-exitcode").succeeds().out,
        "shop at sandbox, account 123456789012\nno changes since the last deploy; `--refresh` reads the target\n"
    );
    machine.run(&shop(), "deploy").succeeds();
}

#[test]
fn a_plan_with_changes_exits_with_2_where_asked_for() {
    let machine = Machine::new();
    assert_eq!(machine.run(&shop(), "plan --detailed-exitcode").code, 2);
    assert_eq!(machine.run(&shop(), "plan").code, 0);
}

#[test]
fn an_update_shows_values_and_a_replacement_what_forces_it() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let plan = machine.run(&network("10.0.1.0/24", true), "plan").succeeds();
    assert_snapshot!(plan.out, @r#"
    shop at sandbox, account 123456789012

        shop
      ~   vpc    EC2::VPC
            ~ EnableDnsHostnames: false → true
    +/-   vpc-a  EC2::Subnet  the new one is created first
            ~ CidrBlock: "10.0.0.0/24" → "10.0.1.0/24"  # forces replacement

    Plan: 0 to create, 1 to change, 1 to replace, 0 to delete
    "#);
}

#[test]
fn a_policy_is_compared_line_by_line() {
    let role = |principals: &[&str]| {
        let statement = |principal: &&str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": principal}});
        let statements: Vec<_> = principals.iter().map(statement).collect();
        app(|shop| drop(shop.add("task", iam::Role::new(json!({"Version": "2012-10-17", "Statement": statements})))))
    };
    let machine = Machine::new();
    machine.run(&role(&["ecs-tasks.amazonaws.com"]), "deploy").succeeds();
    let plan = machine.run(&role(&["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]), "plan").succeeds();
    assert_snapshot!(plan.out, @r#"
    shop at sandbox, account 123456789012

        shop
      ~   task  IAM::Role
            ~ AssumeRolePolicyDocument.Statement:
                        "Service": "ecs-tasks.amazonaws.com"
                      }
                +   },
                +   {
                +     "Action": "sts:AssumeRole",
                +     "Effect": "Allow",
                +     "Principal": {
                +       "Service": "ec2.amazonaws.com"
                +     }
                    }
                  ]

    Plan: 0 to create, 1 to change, 0 to replace, 0 to delete
    "#);
}

#[test]
fn a_deploy_that_loses_data_is_refused_until_that_is_allowed() {
    let machine = Machine::new();
    machine.run(&database("admin"), "deploy").succeeds();
    let refused =
        machine.run(&database("root"), "deploy").fails(1, "to allow the loss of their data, add `--delete-data`");
    // The name is that of this state.
    let snapshot = refused.out.split("final snapshot ").nth(1).and_then(|rest| rest.lines().next());
    let shown = refused.out.replace(snapshot.expect("it is named"), "[name]");
    assert_snapshot!(shown, @r#"
    shop at sandbox, account 123456789012

        shop
    +/-   db  RDS::DBInstance  DATA LOSS  the new one is created first
            ~ MasterUsername: "admin" → "root"  # forces replacement

    DATA LOSS: 1 resource with all of its data
      shop/db  RDS::DBInstance  final snapshot [name]

    Plan: 0 to create, 0 to change, 1 to replace, 0 to delete
    "#);
    machine.run(&database("root"), "deploy --delete-data").succeeds();
}

#[test]
fn a_destroy_keeps_what_holds_data_until_that_is_allowed() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let destroyed = machine.run(&shop(), "destroy").succeeds();
    assert!(destroyed.err.contains("`destroy --delete-data` also deletes it"), "{}", destroyed.err);
    assert!(machine.run(&shop(), "state list").out.starts_with("shop/media "));
    machine.run(&shop(), "destroy --delete-data").succeeds();
    assert_eq!(machine.sandbox().inventory().expect("it is whole"), []);
}

#[test]
fn drift_is_shown_with_both_values_and_exits_with_2() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    machine.run(&shop(), "drift").succeeds();
    let sandbox = machine.sandbox();
    let inventory = sandbox.inventory().expect("it is whole");
    let vpc = inventory.iter().find(|item| item.type_name == "AWS::EC2::VPC").expect("it was deployed");
    sandbox
        .tamper(&vpc.type_name, &vpc.id, |vpc| drop(vpc.insert("EnableDnsHostnames".into(), true.into())))
        .expect("it is there");
    drop(sandbox);
    let drift = machine.run(&shop(), "drift");
    assert_eq!(drift.code, 2);
    assert_snapshot!(drift.out, @r"
    ~ shop/vpc  EC2::VPC
        ~ EnableDnsHostnames: false → true

    Drift: 1 of 3 resources differ
    ");
    let drift = machine.run(&shop(), "drift --json");
    assert_eq!(drift.json()[0]["drift"][0]["kind"], "changed");
    machine.run(&shop(), "deploy --refresh").succeeds();
    machine.run(&shop(), "drift").succeeds();
}

#[test]
fn an_output_alone_is_plain_text() {
    let machine = Machine::new();
    machine.run(&shop(), "output bucket").fails(3, "it is not deployed yet");
    machine.run(&shop(), "deploy").succeeds();
    assert!(machine.run(&shop(), "output bucket").succeeds().out.starts_with("shop-media-"));
    assert!(machine.run(&shop(), "output --json").succeeds().json()[0]["bucket"].is_string());
    machine.run(&shop(), "output buckets").fails(3, "the outputs are: bucket");
}

#[test]
fn json_is_one_object_and_for_a_deploy_one_event_a_line() {
    let machine = Machine::new();
    for command in ["synth", "plan", "graph", "doctor", "state list", "output"] {
        let ran = machine.run(&shop(), &format!("{command} --json")).succeeds();
        match command {
            "synth" => assert!(serde_json::from_str::<serde_json::Value>(&ran.out).is_ok()),
            _ => assert_eq!(ran.json().len(), 1, "{command}: {}", ran.out),
        }
    }
    let events = machine.run(&shop(), "deploy --json").succeeds().json();
    let names: Vec<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names.len(), events.len());
    assert_eq!((names.first(), names.last()), (Some(&"planned"), Some(&"finished")));
    assert!(names.contains(&"step_done"), "{names:?}");
    let plan = &machine.run(&shop(), "plan --json").json()[0];
    assert_eq!(plan["summary"]["create"], 0);
    let error = &machine.run(&shop(), "state show shop/x --json").json()[0];
    assert_eq!(error["error"]["kind"], "usage");
}

#[test]
fn a_saved_plan_is_executed_once() {
    let machine = Machine::new();
    let planned = machine.run(&shop(), "plan --out shop.plan").succeeds();
    let shown = machine.run(&shop(), "show shop.plan").succeeds();
    assert_eq!((&shown.out, shown.err.contains("warning")), (&planned.out, false), "{}", shown.err);
    let full = machine.run(&shop(), "plan --full").succeeds();
    assert_eq!(machine.run(&shop(), "show shop.plan --full").succeeds().out, full.out);
    assert_ne!(full.out, planned.out);
    let document = machine.run(&shop(), "plan --json").json();
    assert_eq!(machine.run(&shop(), "show shop.plan --json").json(), document);
    // What the program says by then changes neither what is shown nor what is done.
    let deploy = machine.run(&network("10.0.1.0/24", true), "deploy shop.plan").succeeds();
    assert!(deploy.out.starts_with(&planned.out), "{}", deploy.out);
    machine.run(&shop(), "deploy shop.plan").fails(1, "the plan is stale");
    let stale = machine.run(&shop(), "show shop.plan").succeeds();
    assert!(stale.err.contains("a deploy of this plan would be refused: the plan is stale"), "{}", stale.err);
    let document = &machine.run(&shop(), "show shop.plan --json").json()[0];
    assert!(document["refused"][0].as_str().is_some_and(|it| it.starts_with("the plan is stale")), "{document}");
    machine.run(&shop(), "plan --detailed-exitcode").succeeds();
    let saved = machine.run(&shop(), "plan --out ada's.plan").succeeds();
    assert!(saved.err.contains("`deploy \"ada's.plan\"`"), "as a shell takes it: {}", saved.err);
    machine.run(&shop(), "show no.plan").fails(3, "cannot read the plan");
    // A directory, as a pipe is, is waited for by nobody.
    machine.run(&shop(), "show .").fails(3, "it is not a file");
    let own = ".groundplan/sandbox/state/shop/state.json";
    machine.run(&shop(), &format!("plan --out {own}")).fails(3, "is in the directory of Groundplan's own files");
    machine.run(&shop(), &format!("synth --out {own}")).fails(3, "is in the directory of Groundplan's own files");
    std::fs::write(machine.path("bad.plan"), "{}").expect("it can be written");
    machine.run(&shop(), "deploy bad.plan").fails(3, "not a valid saved plan");
    machine.run(&shop(), "deploy no.plan").fails(3, "cannot read the plan");
}

#[test]
fn a_plan_saved_while_a_deploy_is_under_way_is_stale_once_that_has_ended() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let state = machine.path(".groundplan/sandbox/state/shop/state.json");
    let serial: u64 = serde_json::from_str::<serde_json::Value>(&read(&state)).expect("a state")["serial"]
        .as_u64()
        .expect("a number");
    // As another run has it that has begun and has done nothing yet.
    let journal = machine.path(".groundplan/sandbox/state/shop/journal.jsonl");
    let header = json!({"format": 1, "base": serial});
    let identity = json!({"account": "123456789012", "partition": "aws"});
    let begun = json!({"event": "begun", "serial": serial + 1, "identity": identity});
    std::fs::write(&journal, format!("{header}\n{begun}\n")).expect("it can be written");
    machine.run(&network("10.0.1.0/24", true), "plan --out other.plan").succeeds();
    // It has ended.
    std::fs::remove_file(&journal).expect("it is there");
    let saved = State::from_json(&read(&state), "state.json").expect("it is whole");
    std::fs::write(&state, State { serial: serial + 1, ..saved }.to_json()).expect("it can be written");
    machine.run(&shop(), "deploy other.plan").fails(1, "made while another run was in progress");
}

#[test]
fn a_failed_deploy_says_where_in_the_program_and_what_was_skipped() {
    let outside = app(|shop| {
        let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        let subnet = shop.add("subnet", ec2::Subnet::new(&vpc).cidr_block("10.9.0.0/24"));
        let table = shop.add("routes", ec2::RouteTable::new(&vpc));
        shop.add(
            "association",
            ec2::SubnetRouteTableAssociation::new(ec2::SubnetRouteTableAssociationArgs {
                route_table_id: &table,
                subnet_id: &subnet,
            }),
        );
    });
    let machine = Machine::new();
    let failed = machine.run(&outside, "deploy").fails(1, "cannot create shop/subnet (EC2::Subnet)");
    assert!(failed.err.contains("--> lib/cli/tests/commands.rs:"), "{}", failed.err);
    assert!(failed.err.contains("skipped because of it: shop/association"), "{}", failed.err);
    assert!(failed.err.contains("2 created, 1 failed, 1 resource not done"), "{}", failed.err);
}

#[test]
fn an_invalid_program_is_shown_as_a_compiler_would_and_exits_with_3() {
    let twice = app(|shop| {
        shop.add("media", s3::Bucket::new());
        shop.add("media", s3::Bucket::new());
    });
    let ran = Machine::new().run(&twice, "plan").fails(3, "error[GP0101]: the path `shop/media` is taken");
    assert!(ran.err.contains("--> lib/cli/tests/commands.rs:"), "{}", ran.err);
    assert!(ran.err.contains("error: the program is not valid"), "{}", ran.err);
    assert_eq!(Machine::new().run(&twice, "plan --json").json()[0]["error"]["diagnostics"][0]["code"], "GP0101");
}

#[test]
fn wrong_use_exits_with_3() {
    let machine = Machine::new();
    machine.run(&shop(), "plan --target moon").fails(3, "a target is `auto`, `aws`, `sandbox`, or a URL");
    machine.run(&shop(), "plan --target http://").fails(3, "a target is");
    machine
        .run(&shop(), "plan --state s3://bucket/shop")
        .fails(3, "the sandbox exists only on this machine and has no bucket");
    machine.run(&shop(), "plan --state s3://Bucket").fails(3, "`Bucket` is not the name of a bucket");
    machine.run(&shop(), "plan --state bucket").fails(3, "the location of a state has the form");
    let ran = machine.run(&shop(), "fly --json").fails(3, "unrecognized subcommand");
    assert_eq!(ran.json()[0]["error"]["kind"], "usage");
}

#[test]
fn in_ci_nothing_is_assumed_and_what_is_said_is_done() {
    let machine = Machine::new().with("CI", "true");
    machine.run(&shop(), "deploy").fails(3, "configure credentials");
    let deploy = machine.run(&shop(), "deploy --target sandbox").succeeds();
    assert!(!deploy.err.contains(NOTE), "{}", deploy.err);
}

#[test]
fn aws_is_confirmed_by_a_person_or_by_a_flag() {
    let machine = Machine::new().with("AWS_ACCESS_KEY_ID", "AKIA");
    machine.run(&shop(), "deploy").fails(3, "add `--yes`");
    machine.run(&shop(), "destroy").fails(3, "add `--yes`");
}

#[test]
fn credentials_in_a_file_mean_aws() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path(".aws")).expect("a directory");
    std::fs::write(machine.path(".aws/config"), "[profile x]\nrole_arn = y\n[default]\nregion = z\n").expect("a file");
    machine.run(&shop(), "deploy").succeeds();
    std::fs::write(machine.path(".aws/config"), "[default]\nsso_session = y\n").expect("a file");
    machine.run(&shop(), "deploy").fails(3, "add `--yes`");
}

#[test]
fn an_endpoint_in_the_environment_is_never_taken_for_aws() {
    let machine = Machine::new().with("AWS_ENDPOINT_URL", "http://127.0.0.1:5000");
    machine.run(&shop(), "plan --target aws").fails(3, "use `--target http://127.0.0.1:5000`");
}

#[test]
fn a_pinned_account_is_never_mixed_up_with_another() {
    let pinned = |account: &str| {
        let app = App::new("shop");
        app.stack("shop", Environment::new("us-east-1").account(account)).add("media", s3::Bucket::new());
        app
    };
    let machine = Machine::new();
    machine.run(&pinned("111122223333"), "deploy").succeeds();
    let ran = machine.run(&pinned("444455556666"), "deploy").fails(3, "account 444455556666");
    assert!(ran.err.contains("111122223333"), "{}", ran.err);
}

#[test]
fn a_state_is_not_used_for_another_target() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy --state file:states").succeeds();
    assert_eq!(read(&machine.path("states/shop/target")), "sandbox\n");
    machine
        .run(&shop(), "plan --state file:states --target http://127.0.0.1:9")
        .fails(3, "is the state of the target `sandbox`, not of `http://127.0.0.1:9`");
}

#[test]
fn a_damaged_state_is_an_error_and_stays_as_it_is() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    let state = machine.path(".groundplan/sandbox/state/shop/state.json");
    std::fs::write(&state, "{").expect("it can be written");
    machine.run(&shop(), "deploy").fails(1, "is damaged");
    assert_eq!(read(&state), "{");
}

#[test]
fn a_locked_state_exits_with_4_and_says_who_has_it() {
    let machine = Machine::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let store = FileStore::new(machine.path(".groundplan/sandbox/state"), "shop");
    let lock = runtime.block_on(store.lock(&LockOwner::new("destroy"))).expect("it is free");
    machine.run(&shop(), "deploy").fails(4, "`destroy` (process");
    machine.run(&shop(), "plan").succeeds();
    drop(lock);
    machine.run(&shop(), "deploy").succeeds();
}

#[test]
fn synth_writes_the_assembly_or_a_template() {
    let machine = Machine::new();
    let assembly = machine.run(&shop(), "synth").succeeds();
    assert_eq!(assembly.out, shop().synth().expect("it is valid").assembly.to_json());
    assert_eq!(assembly.err, "");
    machine.run(&shop(), "synth --format cloudformation --out shop.json").succeeds();
    assert!(read(&machine.path("shop.json")).contains("\"Type\": \"AWS::EC2::VPC\""));
    machine.run(&shop(), "synth --format cloudformation --stack x").fails(3, "the stacks are: shop");
}

#[test]
fn the_graph_is_text_or_dot() {
    let machine = Machine::new();
    assert_snapshot!(machine.run(&shop(), "graph").succeeds().out, @r"
    shop/media  S3::Bucket
    shop/vpc  EC2::VPC
    shop/vpc-a  EC2::Subnet
      ← shop/vpc
    ");
    assert!(machine.run(&shop(), "graph --format dot").succeeds().out.contains("\"shop/vpc-a\" -> \"shop/vpc\";"));
}

#[test]
fn colors_are_where_they_are_wanted() {
    let machine = Machine::new();
    assert!(!machine.run(&shop(), "plan").out.contains('\u{1b}'));
    assert!(machine.run(&shop(), "plan --color always").out.contains('\u{1b}'));
}

#[test]
fn the_sandbox_is_the_same_from_every_directory_of_a_project() {
    let machine = Machine::new();
    machine.run(&shop(), "deploy").succeeds();
    std::fs::create_dir_all(machine.path("apps/src")).expect("a directory");
    let elsewhere = machine.within("apps/src");
    assert!(elsewhere.run(&shop(), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn warnings_are_shown_and_do_not_stop_a_deploy() {
    let warned = app(|shop| {
        shop.report(groundplan_core::Diagnostic::warning("GP9999", "this is unusual"));
        shop.add("media", s3::Bucket::new());
    });
    let deploy = Machine::new().run(&warned, "deploy").succeeds();
    assert!(deploy.err.contains("warning[GP9999]: this is unusual"), "{}", deploy.err);
}

#[test]
fn a_destroy_says_what_it_keeps_and_why() {
    let none = app(|_| {});
    let machine = Machine::new();
    let kept = |machine: &Machine, command: &str| {
        let ran = machine.run(&none, command).succeeds();
        let hints: Vec<_> = ran.err.lines().filter(|line| line.starts_with("hint:")).map(str::to_owned).collect();
        let lines = ran
            .out
            .lines()
            .filter(|line| line.contains(" kept, because ") || line.contains("nothing to"))
            .map(str::to_owned);
        lines.chain(hints).collect::<Vec<_>>()
    };
    assert_eq!(kept(&machine, "destroy"), ["nothing to destroy"]);
    machine.run(&none, "deploy").succeeds();
    assert_eq!(kept(&machine, "plan --destroy"), ["nothing to destroy"]);

    // Stateful resources, with their dependencies.
    machine.run(&database("admin"), "deploy").succeeds();
    let data = "1 resource is kept, because it is stateful";
    assert_eq!(kept(&machine, "plan --destroy"), [data]);
    for _ in 0..2 {
        assert_eq!(kept(&machine, "destroy"), [data, "hint: `destroy --delete-data` also deletes it"]);
    }
    let gone = machine.run(&none, "destroy --delete-data").succeeds();
    assert!(!gone.out.contains("kept") && !gone.err.contains("hint:"), "{}{}", gone.out, gone.err);
    assert_eq!(kept(&machine, "destroy --delete-data"), ["nothing to destroy"]);

    // What is retained stays with what it needs, and the state keeps a record of both: no flag deletes them.
    let retained = app(|shop| {
        let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        shop.add("vpc-a", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/24")).retain();
    });
    machine.run(&retained, "deploy").succeeds();
    assert!(machine.run(&none, "plan --destroy").succeeds().out.contains("vpc-a stays and depends on it"));
    assert_eq!(kept(&machine, "destroy"), [""; 0]);
    assert_eq!(kept(&machine, "destroy --delete-data"), ["nothing to destroy"]);
}

#[test]
fn a_code_is_explained_also_where_the_program_is_not_valid() {
    let machine = Machine::new();
    let invalid = app(|shop| {
        shop.add("vpc", ec2::Vpc::new());
        shop.add("vpc", ec2::Vpc::new());
    });
    let refused = machine.run(&invalid, "plan").fails(3, "the path `shop/vpc` is taken");
    assert!(refused.err.contains("hint: `explain GP0101` explains this code"), "{}", refused.err);
    let explained = machine.run(&invalid, "explain gp0101").succeeds().out;
    assert!(
        explained.starts_with("GP0101: Two resources or constructs have the same path.\n\nThe path "),
        "{explained}"
    );
    let document = &machine.run(&invalid, "explain GP0101 --json").json()[0];
    assert_eq!((document["code"].as_str(), document["title"].as_str().map(str::len)), (Some("GP0101"), Some(47)));
    let all = machine.run(&invalid, "explain").succeeds().out;
    assert!(all.contains("GP0405  A load balancer serves the internet without TLS.\n"), "{all}");
    machine.run(&invalid, "explain GP9999").fails(3, "there is no diagnostic with the code `GP9999`");
}
