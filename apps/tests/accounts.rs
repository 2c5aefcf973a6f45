//! One app in two accounts, deployed through the AWS SDK to a local moto, which has accounts.

mod support {
    #[expect(dead_code, reason = "it also runs commands of the checkout, for other tests")]
    pub(crate) mod command_line;
}

use groundplan::resources::{s3, sns};
use groundplan::{App, AssumeRole, Environment};
use groundplan_moto::Moto;
use support::command_line::run_app;

const OWN: &str = "123456789012";
const OTHER: &str = "444455556666";

fn app(with_mail: bool) -> App {
    let app = App::new("shop");
    let role = AssumeRole::new(format!("arn:aws:iam::{OTHER}:role/deploy")).external_id("shop").session_name("shop-ci");
    if with_mail {
        let mail = app.stack("mail", Environment::new("us-east-1").assume_role(role.clone()));
        mail.add("assets", s3::Bucket::new().bucket_name("mail-assets-444455556666"));
    }
    let files = app.stack("files", Environment::new("eu-west-1").assume_role(role));
    files.add("bucket", s3::Bucket::new().bucket_name("files-444455556666"));
    let shop = app.stack("shop", Environment::new("us-east-1").account(OWN));
    shop.add("bucket", s3::Bucket::new().bucket_name("shop-123456789012"));
    app
}

/// The buckets of each account.
fn buckets(moto: &Moto) -> String {
    moto.boto(
        "us-east-1",
        &format!(
            r#"
sts = boto3.client('sts', 'us-east-1', endpoint_url='{url}', aws_access_key_id='test', aws_secret_access_key='test')
keys = sts.assume_role(RoleArn='arn:aws:iam::{OTHER}:role/look', RoleSessionName='test')['Credentials']
other = boto3.client('s3', 'us-east-1', endpoint_url='{url}', aws_access_key_id=keys['AccessKeyId'],
    aws_secret_access_key=keys['SecretAccessKey'], aws_session_token=keys['SessionToken'])
names = lambda client: ' '.join(sorted(bucket['Name'] for bucket in client.list_buckets()['Buckets']))
print(names(s3), '|', names(other))
"#,
            url = moto.url()
        ),
    )
}

#[test]
fn each_stack_is_deployed_as_its_role_into_the_account_of_that() {
    let moto = Moto::start_without_managed_policies();
    let directory = tempfile::tempdir().expect("a directory");
    let run = |app: &App, command: &[&str]| run_app(app, &moto, directory.path(), command);

    run(&app(true), &["deploy", "--yes"]).expect(0);
    assert_eq!(buckets(&moto).trim(), "shop-123456789012 | files-444455556666 mail-assets-444455556666");
    run(&app(true), &["plan", "--refresh", "--detailed-exitcode"]).expect(0);
    let doctor = run(&app(true), &["doctor"]).expect(0);
    assert!(doctor.out.contains("role of mail: arn:aws:iam::444455556666:role/deploy"), "{}", doctor.out);

    // A stack that the program has no more is deleted as the role that made it.
    run(&app(false), &["deploy", "--yes", "--delete-data"]).expect(0);
    assert_eq!(buckets(&moto).trim(), "shop-123456789012 | files-444455556666");
    run(&app(false), &["destroy", "--yes", "--delete-data"]).expect(0);
    assert_eq!(buckets(&moto).trim(), "|");
}

#[test]
fn a_role_that_leads_elsewhere_is_refused_before_anything_is_touched() {
    let moto = Moto::start_without_managed_policies();
    let directory = tempfile::tempdir().expect("a directory");
    let app = App::new("shop");
    // Nothing of the program says so, but the credentials are not of this account.
    let stack = app.stack("shop", Environment::new("us-east-1").account(OTHER));
    stack.add("topic", sns::Topic::new());
    let refused = run_app(&app, &moto, directory.path(), &["deploy", "--yes"]).expect(3);
    assert!(refused.err.contains(OTHER) && refused.err.contains(OWN), "{}", refused.err);
}
