use groundplan_core::{Assembly, Stack, cidr};
use groundplan_resources::ecs::task_definition::Name;
use groundplan_resources::logs::LogGroupName;
use groundplan_resources::secretsmanager::SecretId;
use serde_json::{Value as Json, json};

use super::*;
use crate::containers::{HealthCheck, ImageRepository, StartCondition, Vcpu1, Vcpu05, Vcpu025};
use crate::data::PostgresDatabase;
use crate::fixture::{assembly, below, findings, properties, statements};
use crate::identity::{KmsKey, Principal, Role, SecretRef, Statement};
use crate::network::Vpc;

const IMAGE: &str = "nginx:1.27";

fn app() -> Container {
    Container::new(IMAGE)
}

fn with(task: TaskDefinition) -> Assembly {
    assembly("us-east-1", |stack| drop(stack.add("task", task)))
}

fn one(container: Container) -> TaskDefinition {
    TaskDefinition::new(Vcpu05::GIB_1).container("app", container)
}

fn task(task: TaskDefinition) -> Json {
    properties(&with(task), "shop/task")
}

fn container(container: Container) -> Json {
    task(one(container))["ContainerDefinitions"][0].clone()
}

fn found(task: TaskDefinition) -> String {
    findings(|stack| drop(stack.add("task", task)))
}

#[test]
fn by_default_a_task_has_roles_of_its_own_and_its_logs() {
    let assembly = with(one(app()));
    let logs = json!({
        "awslogs-group": {"$ref": "shop/task/logs#LogGroupName"},
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "task",
        "mode": "non-blocking",
        "max-buffer-size": "25m",
    });
    let container = json!({
        "Name": "app",
        "Image": IMAGE,
        "Essential": true,
        "ReadonlyRootFilesystem": false,
        "LinuxParameters": {"InitProcessEnabled": true},
        "LogConfiguration": {"LogDriver": "awslogs", "Options": logs},
    });
    assert_eq!(
        properties(&assembly, "shop/task"),
        json!({
            "Family": "shop-task",
            "Cpu": "512",
            "Memory": "1024",
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "RuntimePlatform": {"CpuArchitecture": "X86_64", "OperatingSystemFamily": "LINUX"},
            "ExecutionRoleArn": {"$ref": "shop/task/execution-role#Arn"},
            "TaskRoleArn": {"$ref": "shop/task/task-role#Arn"},
            "ContainerDefinitions": [container],
        })
    );
    let parts = ["execution-role", "execution-role/policy", "logs", "task-role"];
    assert_eq!(below(&assembly, "shop/task"), parts);
    assert_eq!(properties(&assembly, "shop/task/logs"), json!({"RetentionInDays": 30}));
    let write = json!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"$ref": "shop/task/logs#Arn"},
    });
    assert_eq!(statements(&assembly, "shop/task/execution-role/policy"), [write]);
}

#[test]
fn only_tasks_of_this_account_and_region_can_assume_the_roles() {
    let assembly = with(one(app()));
    let conditions = json!({
        "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"},
        "StringEquals": {"aws:SourceAccount": "111122223333"},
    });
    for role in ["execution-role", "task-role"] {
        let role = properties(&assembly, &format!("shop/task/{role}"));
        let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
        assert_eq!(trust["Principal"], json!({"Service": "ecs-tasks.amazonaws.com"}));
        assert_eq!(trust["Condition"], conditions);
    }
}

#[test]
fn each_setting_of_a_task_has_its_effect() {
    let task =
        task(one(app()).family("api").architecture(Architecture::Arm64).ephemeral_storage_gib(21).volume("static"));
    assert_eq!((&task["Family"], &task["EphemeralStorage"]), (&json!("api"), &json!({"SizeInGiB": 21})));
    assert_eq!(task["RuntimePlatform"]["CpuArchitecture"], "ARM64");
    assert_eq!(task["Volumes"], json!([{"Name": "static"}]));
    let year = with(one(app()).log_retention(Retention::Year));
    assert_eq!(properties(&year, "shop/task/logs")["RetentionInDays"], 365);
}

#[test]
fn each_setting_of_a_container_has_its_effect() {
    let container = container(
        app()
            .command(["serve"])
            .entry_point(["/entry"])
            .working_directory("/srv")
            .user("1000:1000")
            .port(8000)
            .udp_port(8000)
            .env("DEBUG", "False")
            .envs([("A", "1"), ("B", "2")])
            .read_only_root()
            .writable("/tmp")
            .without_init_process()
            .ulimit(Name::NOFILE, 1024, 4096)
            .start_timeout_seconds(120)
            .stop_timeout_seconds(90)
            .cpu_units(256)
            .memory_mib(1024)
            .memory_reservation_mib(512)
            .restarts(),
    );
    for (property, value) in [
        ("Command", json!(["serve"])),
        ("EntryPoint", json!(["/entry"])),
        ("WorkingDirectory", json!("/srv")),
        ("User", json!("1000:1000")),
        (
            "PortMappings",
            json!([{"ContainerPort": 8000, "Protocol": "tcp"}, {"ContainerPort": 8000, "Protocol": "udp"}]),
        ),
        (
            "Environment",
            json!([{"Name": "DEBUG", "Value": "False"}, {"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]),
        ),
        ("ReadonlyRootFilesystem", json!(true)),
        ("MountPoints", json!([{"SourceVolume": "app-tmp", "ContainerPath": "/tmp", "ReadOnly": false}])),
        ("LinuxParameters", json!({"InitProcessEnabled": false})),
        ("Ulimits", json!([{"Name": "nofile", "SoftLimit": 1024, "HardLimit": 4096}])),
        ("StartTimeout", json!(120)),
        ("StopTimeout", json!(90)),
        ("Cpu", json!(256)),
        ("Memory", json!(1024)),
        ("MemoryReservation", json!(512)),
        ("RestartPolicy", json!({"Enabled": true, "RestartAttemptPeriod": 60})),
    ] {
        assert_eq!(container[property], value, "{property}");
    }
}

#[test]
fn volumes_are_shared_or_of_one_container() {
    let task = task(
        TaskDefinition::new(Vcpu05::GIB_1)
            .volume("static")
            .container("app", app().mount("static", "/static").writable("/var/cache"))
            .container("web", app().mount_read_only("static", "/srv")),
    );
    assert_eq!(task["Volumes"], json!([{"Name": "static"}, {"Name": "app-var-cache"}]));
    let mounts = |at: usize| task["ContainerDefinitions"][at]["MountPoints"].clone();
    assert_eq!(mounts(0)[0], json!({"SourceVolume": "static", "ContainerPath": "/static", "ReadOnly": false}));
    assert_eq!(mounts(1)[0], json!({"SourceVolume": "static", "ContainerPath": "/srv", "ReadOnly": true}));
}

#[test]
fn a_health_check_runs_in_the_shell_or_as_a_program() {
    let check = |check: HealthCheck| container(app().health_check(check))["HealthCheck"].clone();
    let default = json!({
        "Command": ["CMD-SHELL", "curl -f localhost"],
        "Interval": 30,
        "Timeout": 5,
        "Retries": 3,
        "StartPeriod": 60,
    });
    assert_eq!(check(HealthCheck::shell("curl -f localhost")), default);
    let program = HealthCheck::command(["/check", "--fast"]);
    let program = check(program.interval_seconds(5).timeout_seconds(2).retries(10).start_period_seconds(0));
    let expected =
        json!({"Command": ["CMD", "/check", "--fast"], "Interval": 5, "Timeout": 2, "Retries": 10, "StartPeriod": 0});
    assert_eq!(program, expected);
}

#[test]
fn containers_start_in_order() {
    let sidecar = || app().health_check(HealthCheck::shell("true"));
    let ended = || app().not_essential();
    let task = task(
        TaskDefinition::new(Vcpu05::GIB_1)
            .container("proxy", sidecar())
            .container("migrate", ended().depends_on("proxy", StartCondition::Started))
            .container("warm", ended())
            .container(
                "app",
                app()
                    .depends_on("proxy", StartCondition::Healthy)
                    .depends_on("migrate", StartCondition::Succeeded)
                    .depends_on("warm", StartCondition::Completed),
            ),
    );
    let waits = |at: usize| task["ContainerDefinitions"][at]["DependsOn"].clone();
    assert_eq!(waits(1), json!([{"ContainerName": "proxy", "Condition": "START"}]));
    assert_eq!(
        waits(3),
        json!([
            {"ContainerName": "proxy", "Condition": "HEALTHY"},
            {"ContainerName": "migrate", "Condition": "SUCCESS"},
            {"ContainerName": "warm", "Condition": "COMPLETE"},
        ])
    );
    assert_eq!(task["ContainerDefinitions"][1]["Essential"], false);
}

#[test]
fn variables_hold_outputs_and_secrets_and_the_execution_role_may_read_exactly_those() {
    let stripe = "arn:aws:secretsmanager:us-east-1:111122223333:secret:stripe-a1B2c3";
    let assembly = assembly("us-east-1", |stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let key = stack.add("key", KmsKey::new("database"));
        let database = stack.add("db", PostgresDatabase::new(&vpc).encrypted_with(&key));
        let app = app()
            .env("DATABASE_HOST", database.host())
            .secret_key("DATABASE_PASSWORD", &database.credentials, "password")
            .secret("STRIPE", SecretRef::existing(SecretId::new(stripe)));
        stack.add("task", one(app));
    });
    let container = &properties(&assembly, "shop/task")["ContainerDefinitions"][0];
    let host = json!([{"Name": "DATABASE_HOST", "Value": {"$ref": "shop/db#Endpoint.Address"}}]);
    assert_eq!(container["Environment"], host);
    let secret = json!({"$ref": "shop/db/credentials#Id"});
    assert_eq!(
        container["Secrets"],
        json!([
            {"Name": "DATABASE_PASSWORD", "ValueFrom": {"$template": [secret.clone(), ":password::"]}},
            {"Name": "STRIPE", "ValueFrom": stripe},
        ])
    );
    let granted = statements(&assembly, "shop/task/execution-role/policy");
    let granted: Vec<_> = granted.iter().map(|it| (it["Action"].clone(), it["Resource"].clone())).collect();
    assert_eq!(
        granted,
        [
            (json!("secretsmanager:GetSecretValue"), secret),
            (json!(["kms:Decrypt", "kms:DescribeKey"]), json!({"$ref": "shop/key#Arn"})),
            (json!("secretsmanager:GetSecretValue"), json!(stripe)),
            (json!(["logs:CreateLogStream", "logs:PutLogEvents"]), json!({"$ref": "shop/task/logs#Arn"})),
        ]
    );
    assert!(!assembly.resources.contains_key("shop/task/task-role/policy"), "the programs may read no secret");
}

#[test]
fn logs_go_to_the_groups_that_are_stated() {
    let group = || LogGroup::existing(LogGroupName::new("/shop/all"));
    let shared = with(one(app()).logs_to(group()));
    assert_eq!(below(&shared, "shop/task"), ["execution-role", "execution-role/policy", "task-role"]);
    let options =
        |container: Container| task(one(container))["ContainerDefinitions"][0]["LogConfiguration"]["Options"].clone();
    assert_eq!(options(app().logs_to(group()))["awslogs-group"], "/shop/all");
    let own = options(app().log_option("mode", "blocking").log_option("awslogs-multiline-pattern", "^\\d"));
    assert_eq!((&own["mode"], own.get("max-buffer-size")), (&json!("blocking"), None));
    assert_eq!(own["awslogs-multiline-pattern"], "^\\d");
    assert_eq!(options(app().log_option("max-buffer-size", "4m"))["max-buffer-size"], "4m");
}

#[test]
fn roles_of_others_are_used_and_get_what_the_task_needs() {
    let assembly = assembly("us-east-1", |stack| {
        let own = stack.add("own", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        let existing = stack.add("existing", Role::existing("arn:aws:iam::111122223333:role/starts-tasks"));
        let images = stack.add("images", ImageRepository::new());
        let container = Container::new(images.image("1.4"));
        let task = stack.add("task", one(container).task_role(&own).execution_role(&existing));
        task.identity().grant(Statement::allow(["s3:GetObject"]).on_all());
        stack.export("task", task.arn());
    });
    let task = properties(&assembly, "shop/task");
    assert_eq!(task["ExecutionRoleArn"], "arn:aws:iam::111122223333:role/starts-tasks");
    assert_eq!(task["TaskRoleArn"], json!({"$ref": "shop/own#Arn"}));
    assert_eq!(below(&assembly, "shop/task"), ["logs"]);
    assert_eq!(statements(&assembly, "shop/own/policy")[0]["Action"], "s3:GetObject");
    assert_eq!(statements(&assembly, "shop/existing/policy").len(), 3);
}

#[test]
fn mistakes_of_names_and_ports_are_named() {
    let task = || TaskDefinition::new(Vcpu1::GIB_2);
    insta::assert_snapshot!(found(task()), @"
        error[GP0367]: no container of the task is essential
           = help: add a container without `not_essential()`: the task runs as long as it does
        ");
    insta::assert_snapshot!(found(task().container("app", app().not_essential())), @"
        error[GP0367]: no container of the task is essential
           = help: add a container without `not_essential()`: the task runs as long as it does
        ");
    insta::assert_snapshot!(found(task().container("app", app()).container("app", app()).container("a b", app())), @r#"
        error[GP0364]: two containers have the name `app`
           = help: give each container of the task a name of its own

        error[GP0364]: a container cannot have this name
           = got: "a b"
           = allowed: 1 to 255 letters, digits, `-` and `_`
        "#);
    insta::assert_snapshot!(
        found(task().container("app", app().port(80).udp_port(80)).container("web", app().port(80).port(0))), @"
        error[GP0365]: two containers of the task listen on TCP 80
           = got: `app` and `web`
           = help: the containers of a task share one network interface: change one of the ports

        error[GP0369]: the container `web` cannot have this setting
           = got: the port 0
           = allowed: 1 to 65535
        ");
}

#[test]
fn an_order_that_cannot_work_is_refused() {
    let task = || TaskDefinition::new(Vcpu1::GIB_2);
    let waits = |other: &str, condition| app().depends_on(other, condition);
    insta::assert_snapshot!(
        found(task().container("app", waits("migrat", StartCondition::Succeeded)).container("migrate", app())), @"
        error[GP0366]: the containers of the task cannot start in this order
           = got: `app` waits for `migrat`
           = help: name a container of the task: `app`, `migrate`
        ");
    for condition in [StartCondition::Succeeded, StartCondition::Completed] {
        let found = found(task().container("app", waits("migrate", condition)).container("migrate", app()));
        assert!(found.contains("`app` waits for `migrate`, which is essential, to end"), "{found}");
    }
    insta::assert_snapshot!(
        found(task().container("app", waits("proxy", StartCondition::Healthy)).container("proxy", app())), @"
        error[GP0366]: the containers of the task cannot start in this order
           = got: `app` waits for `proxy`, which has no health check, to be healthy
           = help: add `health_check(…)` to it
        ");
    let circle = task()
        .container("start", waits("a", StartCondition::Started))
        .container("a", waits("b", StartCondition::Started))
        .container("b", waits("a", StartCondition::Started));
    insta::assert_snapshot!(found(circle), @"
        error[GP0366]: the containers of the task cannot start in this order
           = got: `a` → `b` → `a` in a circle
           = help: remove one of the dependencies
        ");
    assert!(
        found(task().container("app", waits("app", StartCondition::Started))).contains("`app` → `app` in a circle")
    );
}

#[test]
fn containers_that_need_more_than_the_task_are_refused() {
    let two = |container: fn() -> Container| {
        TaskDefinition::new(Vcpu025::MIB_512).container("a", container()).container("b", container())
    };
    insta::assert_snapshot!(found(two(|| app().cpu_units(200).memory_reservation_mib(300))), @"
        error[GP0368]: the containers need more than the task has
           = got: 400 CPU units
           = allowed: 256 of 0.25 vCPU, 0.5 GiB
           = help: use a larger size, or let the containers share the task

        error[GP0368]: the containers need more than the task has
           = got: 600 MiB
           = allowed: 512 MiB of 0.25 vCPU, 0.5 GiB
           = help: use a larger size, or let the containers share the task
        ");
    insta::assert_snapshot!(found(two(|| app().memory_mib(1024).memory_reservation_mib(100))), @"
        error[GP0368]: the containers need more than the task has
           = got: 1024 MiB
           = allowed: 512 MiB of 0.25 vCPU, 0.5 GiB
           = help: use a larger size, or let the containers share the task
        ");
    assert_eq!(found(two(|| app().cpu_units(128).memory_mib(512).memory_reservation_mib(256))), "");
    insta::assert_snapshot!(found(one(app().memory_mib(100).memory_reservation_mib(200))), @"
        error[GP0369]: the container `app` cannot have this setting
           = got: a reservation of 200 MiB with at most 100 MiB
           = allowed: a reservation below the limit
        ");
}

#[test]
fn settings_that_ecs_would_refuse_are_named() {
    let check = HealthCheck::shell("true").interval_seconds(4).timeout_seconds(61).retries(0).start_period_seconds(301);
    insta::assert_snapshot!(found(one(app().health_check(check))), @"
        error[GP0369]: the container `app` cannot have this setting
           = got: an interval of health checks of 4 seconds
           = allowed: 5 to 300 seconds

        error[GP0369]: the container `app` cannot have this setting
           = got: a timeout of health checks of 61 seconds
           = allowed: 2 to 60 seconds

        error[GP0369]: the container `app` cannot have this setting
           = got: a start period of 301 seconds
           = allowed: 0 to 300 seconds

        error[GP0369]: the container `app` cannot have this setting
           = got: 0 retries of the health check
           = allowed: 1 to 10
        ");
    insta::assert_snapshot!(
        found(one(app().start_timeout_seconds(121).stop_timeout_seconds(0).ulimit(Name::NOFILE, 2, 1))), @"
        error[GP0369]: the container `app` cannot have this setting
           = got: a start timeout of 121 seconds
           = allowed: 1 to 120 seconds

        error[GP0369]: the container `app` cannot have this setting
           = got: a stop timeout of 0 seconds
           = allowed: 1 to 120 seconds

        error[GP0369]: the container `app` cannot have this setting
           = got: the soft limit 2 of `nofile` above the hard limit 1
           = allowed: a soft limit up to the hard one
        ");
    insta::assert_snapshot!(found(one(app().writable("tmp").mount("static", "/static"))), @r#"
        error[GP0369]: the container `app` cannot have this setting
           = got: the directory "tmp"
           = allowed: an absolute path

        error[GP0369]: the container `app` cannot have this setting
           = got: the volume `static`
           = allowed: none is declared with `volume(…)`
        "#);
    assert!(found(one(app().mount("statik", "/static")).volume("static")).contains("allowed: `static`"));
    insta::assert_snapshot!(
        found(one(app()).ephemeral_storage_gib(20).family("a/b").volume("a b").volume("c").volume("c")), @r#"
        error[GP0369]: a task cannot have this setting
           = got: ephemeral storage of 20 GiB
           = allowed: 21 to 200 GiB; 20 GiB is the default

        error[GP0369]: a task cannot have this setting
           = got: the family "a/b"
           = allowed: 1 to 255 letters, digits, `-` and `_`

        error[GP0369]: a task cannot have this setting
           = got: the volume "a b"
           = allowed: 1 to 255 letters, digits, `-` and `_`, each name once

        error[GP0369]: a task cannot have this setting
           = got: the volume "c"
           = allowed: 1 to 255 letters, digits, `-` and `_`, each name once
        "#);
    let secret = SecretRef::existing(SecretId::new("arn:aws:secretsmanager:us-east-1:111122223333:secret:a-a1B2c3"));
    insta::assert_snapshot!(found(one(app().env("A", "1").secret("A", &secret).env("B=C", "1"))), @r#"
        error[GP0369]: the container `app` cannot have this setting
           = got: the variable "B=C"
           = allowed: a name without `=`

        error[GP0369]: the container `app` cannot have this setting
           = got: the variable `A` twice
           = allowed: each variable once
        "#);
}

#[test]
fn a_secret_in_plain_text_is_warned_of() {
    insta::assert_snapshot!(
        found(one(app().env("DATABASE_URL", "postgres://saleor:hunter2@db/saleor").env("SECRET_KEY", "hunter2"))), @"
        warning[GP0370]: the variable `DATABASE_URL` of the container `app` seems to contain a secret
           = got: a URL with a password, in plain text
           = help: keep the value in Secrets Manager, and pass it with `secret` or `secret_key`

        warning[GP0370]: the variable `SECRET_KEY` of the container `app` seems to contain a secret
           = got: a value, in plain text
           = help: keep the value in Secrets Manager, and pass it with `secret` or `secret_key`
        ");
    for (variable, value) in [("SENTRY_TOKEN", "x"), ("DB_PASSWORD", "x"), ("URL", "amqp://a:b@broker")] {
        assert!(found(one(app().env(variable, value))).starts_with("warning[GP0370]"), "{variable}");
    }
    for (variable, value) in
        [("URL", "https://example.com/a:b@c"), ("PASSWORD", ""), ("TOKENS", "5"), ("U", "redis://a@b")]
    {
        assert_eq!(found(one(app().env(variable, value))), "", "{variable}");
    }
    // The value is in an output, so that its text is not in the program.
    let by_output = findings(|stack: &Stack| {
        let images = stack.add("images", ImageRepository::new());
        stack.add("task", one(app().env("API_KEY", images.repository.repository_uri())));
    });
    assert_eq!(by_output, "");
}
