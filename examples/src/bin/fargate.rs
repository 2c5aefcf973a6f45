//! A shop on Fargate: an API behind a load balancer, a worker, a scheduler that never runs twice, and a nightly task.

use std::process::ExitCode;

use groundplan::containers::{
    Architecture, Container, EcsCluster, EcsClusterHandle, FargateService, HealthCheck, ImageRepository,
    ImageRepositoryHandle, Scaling, Schedule, ScheduledTask, StartCondition, Target, TaskDefinition, Vcpu1, Vcpu05,
    Vcpu025,
};
use groundplan::data::{Bucket, BucketHandle, PostgresDatabase, PostgresDatabaseHandle};
use groundplan::edge::{
    AliasRecord, ApplicationLoadBalancer, ApplicationLoadBalancerHandle, Certificate, HostedZone, Route,
};
use groundplan::network::Vpc;
use groundplan::{App, Environment, Stack, cidr};

/// The resources that the services share.
struct Shared {
    /// The tag of the image of the shop.
    version: String,
    cluster: EcsClusterHandle,
    balancer: ApplicationLoadBalancerHandle,
    images: ImageRepositoryHandle,
    database: PostgresDatabaseHandle,
    media: BucketHandle,
}

fn shared(stack: &Stack, version: &str) -> Shared {
    let vpc = stack.add("vpc", Vpc::new(cidr!("10.70.0.0/16")));
    let zone = stack.add("zone", HostedZone::new("example.com").without_deletion_protection());
    let certificate = stack.add("certificate", Certificate::new(&zone, "example.com").with_wildcard());
    let balancer = ApplicationLoadBalancer::new(&vpc, &certificate).without_deletion_protection();
    let balancer = stack.add("balancer", balancer);
    stack.add("name", AliasRecord::new(&zone, "api.example.com", &balancer));
    Shared {
        version: version.to_owned(),
        cluster: stack.add("cluster", EcsCluster::new(&vpc).namespace("shop.internal")),
        balancer,
        images: stack.add("images", ImageRepository::new().keep(50)),
        database: stack.add("database", PostgresDatabase::new(&vpc).without_deletion_protection()),
        media: stack.add("media", Bucket::new()),
    }
}

impl Shared {
    /// The program of the shop, which all services run with different commands.
    fn program<const N: usize>(&self, command: [&str; N]) -> Container {
        Container::new(self.images.image(&self.version))
            .command(command)
            .env("DATABASE_HOST", self.database.host())
            .env("MEDIA_BUCKET", self.media.name())
            .secret_key("DATABASE_PASSWORD", &self.database.credentials, "password")
            .stop_timeout_seconds(60)
    }
}

fn services(stack: &Stack, shared: &Shared) {
    let api = shared
        .program(["uvicorn", "shop.api"])
        .port(8000)
        .health_check(HealthCheck::shell("curl -f http://localhost:8000/health/"))
        .depends_on("warm-up", StartCondition::Succeeded);
    let task = TaskDefinition::new(Vcpu1::GIB_2)
        .architecture(Architecture::Arm64)
        .container("api", api)
        .container("warm-up", shared.program(["shop", "warm-up"]).not_essential());
    let api = FargateService::new(&shared.cluster, task)
        .behind(
            &shared.balancer,
            Route::new().host("api.example.com").path("/graphql/*"),
            Target::port(8000).health_check("/health/"),
        )
        .scale(Scaling::between(2, 10).cpu_percent(60).requests_per_target(1_000))
        .discoverable_as("api")
        .ecs_exec();
    let api = stack.add("api", api);
    api.connect_to(&shared.database);
    shared.media.grant_read_write(&api, "uploads/*");

    let task = TaskDefinition::new(Vcpu05::GIB_2).container("worker", shared.program(["celery", "worker"]));
    let worker = FargateService::new(&shared.cluster, task).spot(70, 1).scale(Scaling::between(2, 20).cpu_percent(70));
    let worker = stack.add("worker", worker);
    worker.connect_to(&shared.database);
    shared.media.grant_read_write(&worker, "*");

    let task = TaskDefinition::new(Vcpu025::MIB_512).container("beat", shared.program(["celery", "beat"]));
    stack.add("beat", FargateService::singleton(&shared.cluster, task)).connect_to(&shared.database);

    let task = TaskDefinition::new(Vcpu025::MIB_512).container("clean-up", shared.program(["shop", "clean-up"]));
    let nightly = Schedule::cron("30 2 * * ? *").in_time_zone("Europe/Berlin");
    stack.add("clean-up", ScheduledTask::new(&shared.cluster, task, nightly)).connect_to(&shared.database);

    stack.export("api", api.arn());
}

fn app(version: &str) -> App {
    let app = App::new("fargate");
    let stack = app.stack("shop", Environment::new("eu-west-1"));
    let shared = shared(&stack, version);
    services(&stack, &shared);
    app
}

fn main() -> ExitCode {
    groundplan_cli::run(&app("3.21.1"))
}

#[cfg(test)]
mod tests {
    use groundplan::resources::ecs;
    use groundplan_testing::{Cloud, assembly, permissions};

    use super::*;

    #[test]
    fn it_deploys_and_a_second_plan_is_empty() {
        let cloud = Cloud::new();
        let deployed = cloud.deploy(&app("3.21.1"));
        assert!(deployed.output("api").is_string());
        assert!(cloud.plan(&app("3.21.1")).is_empty());
    }

    #[test]
    fn another_version_is_a_new_revision_for_all_that_run_it_and_nothing_else() {
        let cloud = Cloud::new();
        cloud.deploy(&app("3.21.1"));
        let changes = cloud.plan(&app("3.21.2"));
        let revisions = ["shop/api/task", "shop/beat/task", "shop/clean-up/task", "shop/worker/task"];
        assert_eq!(changes.replaced(), revisions, "{changes}");
        let users = ["shop/api", "shop/beat", "shop/clean-up", "shop/clean-up/role/policy", "shop/worker"];
        assert_eq!(changes.updated(), users, "{changes}");
        assert!(changes.created().is_empty() && changes.deleted().is_empty(), "{changes}");
    }

    #[test]
    fn programs_reach_the_media_and_no_secret() {
        let permissions = permissions(&assembly(&app("3.21.1")));
        let of = |role: &str| permissions.iter().filter(|it| it.path.as_str().contains(role)).collect::<Vec<_>>();
        assert!(of("shop/api/task/task-role").iter().any(|it| it.covers("s3:PutObject")));
        assert!(of("/task-role").iter().all(|it| !it.covers("secretsmanager:GetSecretValue")));
        assert!(of("/execution-role").iter().all(|it| !it.covers("s3:GetObject")));
    }

    #[test]
    fn the_scheduler_never_runs_twice() {
        let assembly = assembly(&app("3.21.1"));
        let beat = assembly.get::<ecs::Service>("shop/beat").expect("a service");
        let deployment = beat.deployment_configuration.as_ref().and_then(|it| it.known()).expect("it is known");
        assert_eq!(deployment.maximum_percent.as_ref().and_then(|it| it.known()), Some(&100));
        assert_eq!(beat.desired_count.as_ref().and_then(|it| it.known()), Some(&1));
    }
}
