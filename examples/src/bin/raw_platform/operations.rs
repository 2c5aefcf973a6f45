//! Alarms by mail and by function, a bastion, a mailer, and deploys from GitHub.

use groundplan::identity::{Condition, PolicyDocument, Principal, Role, Statement};
use groundplan::network::{Port, SecurityGroup};
use groundplan::resources::ec2::instance::{BlockDeviceMapping, Ebs, MetadataOptions};
use groundplan::resources::ec2::{Instance, KeyPair};
use groundplan::resources::iam::{InstanceProfile, OidcProvider, User, UserPolicy, UserPolicyArgs};
use groundplan::resources::lambda::function::{Code, Environment};
use groundplan::resources::lambda::{Function, FunctionArgs, Permission, PermissionArgs};
use groundplan::resources::sns::{Subscription, SubscriptionArgs, Topic};
use groundplan::{Scope, cidr, json};

use crate::Shared;

const GITHUB: &str = "token.actions.githubusercontent.com";

pub(crate) fn operations(stack: &Scope, shared: &Shared) {
    alarms(stack);
    bastion(stack, shared);
    mailer(stack);
    deploys(stack);
}

fn alarms(stack: &Scope) {
    let topic = stack.add("alarms", Topic::new().display_name("Alarms of the shop").topic_name("shop-alarms"));
    let mail = Subscription::new(SubscriptionArgs { topic_arn: &topic, protocol: "email" })
        .endpoint("ops@example.com")
        .filter_policy(json!({"severity": ["high"]}));
    stack.add("mail", mail);

    let role = Role::new(Principal::service("lambda.amazonaws.com"))
        .aws_managed_policy("service-role/AWSLambdaBasicExecutionRole");
    let role = stack.add("notify-role", role);
    let code = Code::new().zip_file("exports.handler = async (event) => console.log(event);");
    let notify = Function::new(FunctionArgs { code, role: &role })
        .function_name("shop-notify")
        .handler("index.handler")
        .runtime("nodejs22.x")
        .architectures(["arm64"])
        .memory_size(128)
        .timeout(30)
        .environment(Environment::new().variables([("CHANNEL", "ops")]));
    let notify = stack.add("notify", notify);
    let permission = Permission::new(PermissionArgs {
        action: "lambda:InvokeFunction",
        function_name: &notify,
        principal: "sns.amazonaws.com",
    });
    stack.add("notify-permission", permission.source_arn(&topic));
    let subscription = Subscription::new(SubscriptionArgs { topic_arn: &topic, protocol: "lambda" });
    stack.add("notify-subscription", subscription.endpoint(notify.arn()));
}

fn bastion(stack: &Scope, shared: &Shared) {
    let role = Role::new(Principal::service("ec2.amazonaws.com")).aws_managed_policy("AmazonSSMManagedInstanceCore");
    let role = stack.add("bastion-role", role);
    let profile = stack.add("bastion-profile", InstanceProfile::new([&role]));
    let key = KeyPair::new("bastion")
        .public_key_material("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops");
    let key = stack.add("bastion-key", key);
    let group = stack.add("bastion-group", SecurityGroup::new(&shared.vpc, "Bastion"));
    group.allow_from(cidr!("203.0.113.7/32"), Port::tcp(22));
    let bastion = Instance::new()
        .image_id("{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64}}")
        .instance_type("t4g.nano")
        .key_name(&key)
        .iam_instance_profile(&profile)
        .subnet_id(shared.vpc.public_subnets().remove(0))
        .security_group_ids([group.id()])
        .metadata_options(MetadataOptions::new().http_tokens("required").http_endpoint("enabled"))
        .block_device_mappings([
            BlockDeviceMapping::new("/dev/xvda").ebs(Ebs::new().volume_size(8).volume_type("gp3").encrypted(true))
        ])
        .user_data("IyEvYmluL2Jhc2gK")
        .tags([("Name", "bastion")]);
    stack.export("bastion-ip", stack.add("bastion", bastion).public_ip());
}

fn mailer(stack: &Scope) {
    let mailer = stack.add("mailer", User::new().user_name("shop-mailer").path("/shop/"));
    let send = PolicyDocument::new([Statement::allow(["ses:SendRawEmail"]).on_all()]);
    let policy = UserPolicy::new(UserPolicyArgs { policy_name: "send", user_name: &mailer });
    stack.add("mailer-policy", policy.policy_document(send));
}

fn deploys(stack: &Scope) {
    let github = OidcProvider::new().url(format!("https://{GITHUB}")).client_id_list(["sts.amazonaws.com"]);
    let github = stack.add("github", github);
    let trust = Statement::allow(["sts:AssumeRoleWithWebIdentity"])
        .by(Principal::federated(&github))
        .when(Condition::new("StringEquals", format!("{GITHUB}:aud"), ["sts.amazonaws.com"]))
        .when(Condition::new("StringLike", format!("{GITHUB}:sub"), ["repo:acme/shop:*"]));
    let deployer = stack.add("deployer", Role::trusting(trust));
    deployer.grant(Statement::allow(["ecr:GetAuthorizationToken"]).on_all());
}
