//! Recorded responses of users and access keys that emulators do not reproduce.

use groundplan_engine::Provider;
use groundplan_engine::provider::{CreateRequest, DeleteRequest, Deletion, ErrorClass, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::Aws;
use crate::replay::{Answer, Log, aws, create, existing, map};
use crate::replay_edge_tests::refused;

const KEY: &str = "AWS::IAM::AccessKey";
const USER: &str = "AWS::IAM::User";
/// The secret of the example in AWS's documentation.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// One answer in IAM's form.
fn answer(action: &str, body: &str) -> Answer {
    Answer::ok(format!("<{action}Response><{action}Result>{body}</{action}Result></{action}Response>"))
}

fn created(id: &str) -> Answer {
    answer(
        "CreateAccessKey",
        &format!(
            "<AccessKey><UserName>ada</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
             <SecretAccessKey>{SECRET}</SecretAccessKey></AccessKey>"
        ),
    )
}

fn listed(ids: &[&str]) -> Answer {
    let keys = ids.iter().map(|id| {
        format!("<member><UserName>ada</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status></member>")
    });
    let keys: String = keys.collect();
    answer("ListAccessKeys", &format!("<AccessKeyMetadata>{keys}</AccessKeyMetadata><IsTruncated>false</IsTruncated>"))
}

/// A user with the tag of `app` and these keys, of which those of `used` have been used.
fn keys_of(app: &'static str, ids: &'static [&'static str], used: &'static [&'static str]) -> (Aws, Log) {
    aws(move |sent| {
        if sent.contains("Action=ListAccessKeys&") {
            listed(ids)
        } else if sent.contains("Action=ListUserTags&") {
            let tag = format!("<member><Key>groundplan:app</Key><Value>{app}</Value></member>");
            answer("ListUserTags", &format!("<Tags>{tag}</Tags><IsTruncated>false</IsTruncated>"))
        } else if sent.contains("Action=GetAccessKeyLastUsed&") {
            let date = match used.iter().any(|id| sent.contains(id)) {
                true => "<LastUsedDate>2026-01-01T00:00:00Z</LastUsedDate>",
                false => "",
            };
            let last = format!("{date}<ServiceName>N/A</ServiceName><Region>N/A</Region>");
            answer(
                "GetAccessKeyLastUsed",
                &format!("<UserName>ada</UserName><AccessKeyLastUsed>{last}</AccessKeyLastUsed>"),
            )
        } else {
            Answer::empty(sent)
        }
    })
}

fn key(properties: Json) -> UpdateRequest {
    let existing = existing(KEY, "AKIA1", json!({"UserName": "ada"}));
    UpdateRequest { existing, properties: map(properties), token: "t".into(), incomplete: false }
}

#[tokio::test]
async fn a_key_is_made_with_its_user_alone_and_its_secret_is_no_output() {
    let (aws, log) = aws(|_| created("AKIA1"));
    let accepted = aws.create(&create(KEY, json!({"UserName": "ada", "Serial": 3}))).await.unwrap();
    assert_eq!((accepted.id.as_str(), &accepted.outputs), ("AKIA1", &map(json!({"Id": "AKIA1"}))));
    assert_eq!(accepted.secrets.get("SecretAccessKey").map(|secret| secret.as_str()), Some(SECRET));
    assert!(!format!("{accepted:?}").contains(SECRET), "{accepted:?}");
    let sent = log.all();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].ends_with("Action=CreateAccessKey&Version=2010-05-08&UserName=ada"), "{sent:?}");
}

#[tokio::test]
async fn a_key_that_is_declared_inactive_is_made_inactive_and_changes_back() {
    let (aws, log) = aws(|sent| match sent.contains("Action=CreateAccessKey") {
        true => created("AKIA1"),
        false if sent.contains("Action=ListAccessKeys") => listed(&["AKIA1"]),
        false => Answer::empty(sent),
    });
    let accepted = aws.create(&create(KEY, json!({"UserName": "ada", "Status": "Inactive"}))).await.unwrap();
    assert!(accepted.secrets.get("SecretAccessKey").is_some());
    assert!(log.all()[1].contains("Action=UpdateAccessKey&"), "{:?}", log.all());
    assert!(log.all()[1].ends_with("UserName=ada&AccessKeyId=AKIA1&Status=Inactive"), "{:?}", log.all());
    // One that is no longer declared inactive is active, as a new one is.
    let mut update = key(json!({"UserName": "ada"}));
    update.existing.properties = map(json!({"UserName": "ada", "Status": "Inactive"}));
    aws.update(&update).await.unwrap();
    assert_eq!(log.count("Status=Active"), 1, "{:?}", log.all());
    aws.update(&key(json!({"UserName": "ada"}))).await.unwrap();
    assert_eq!(log.count("Action=UpdateAccessKey&"), 2, "{:?}", log.all());
}

#[tokio::test]
async fn an_answer_that_is_lost_is_not_asked_for_again() {
    let (aws, log) = aws(|_| Answer::Lost);
    let error = aws.create(&create(KEY, json!({"UserName": "ada"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::UnknownOutcome);
    assert_eq!(log.all().len(), 1, "a second call could make a second key");
}

#[tokio::test]
async fn a_third_key_is_refused_with_the_names_of_the_two() {
    let (aws, _) = aws(|sent| match sent.contains("Action=CreateAccessKey") {
        true => refused(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"),
        false => listed(&["AKIA1", "AKIA2"]),
    });
    let error = aws.create(&create(KEY, json!({"UserName": "ada"}))).await.unwrap_err();
    // One that went a moment ago may still count.
    assert_eq!(error.class, ErrorClass::Propagating, "{error}");
    let said = "AWS allows a user two access keys, and ada has AKIA1 and AKIA2; delete one that is not in use";
    assert!(error.message.ends_with(said), "{error}");
}

#[tokio::test]
async fn a_user_that_is_too_new_is_waited_for() {
    let (aws, _) = aws(|_| refused(404, "NoSuchEntity", "The user with name ada cannot be found."));
    let error = aws.create(&create(KEY, json!({"UserName": "ada"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating);
}

#[tokio::test]
async fn what_a_lost_create_may_have_made_is_an_unused_key_of_a_user_of_the_app() {
    let (aws, log) = keys_of("shop", &["AKIA1", "AKIA2"], &["AKIA1"]);
    let request = create(KEY, json!({"UserName": "ada"}));
    assert_eq!(aws.find(&request).await.unwrap(), ["AKIA2"]);
    assert!(log.all().iter().all(|sent| !sent.contains("Action=CreateAccessKey")), "{:?}", log.all());
}

#[tokio::test]
async fn a_key_that_is_older_than_the_creation_is_not_what_that_has_made() {
    // 2026-01-01T00:00:00Z
    const NEW_YEAR: u64 = 1_767_225_600;
    let asked = |asked| CreateRequest { asked, ..create(KEY, json!({"UserName": "ada"})) };
    for (date, at, found) in [
        ("2025-12-31T12:00:00Z", Some(NEW_YEAR), None),
        ("2026-01-01T00:00:00Z", Some(NEW_YEAR), Some("AKIA1")),
        ("2026-01-02T00:00:00Z", Some(NEW_YEAR), Some("AKIA1")),
        // The clock of this machine may be ahead of AWS's.
        ("2025-12-31T23:50:00Z", Some(NEW_YEAR), Some("AKIA1")),
        // An earlier version has not written down when it was.
        ("2025-12-31T12:00:00Z", None, Some("AKIA1")),
    ] {
        let (aws, _) = aws(move |sent| match () {
            () if sent.contains("Action=ListAccessKeys&") => answer(
                "ListAccessKeys",
                &format!(
                    "<AccessKeyMetadata><member><UserName>ada</UserName><AccessKeyId>AKIA1</AccessKeyId>\
                     <Status>Active</Status><CreateDate>{date}</CreateDate></member></AccessKeyMetadata>"
                ),
            ),
            () if sent.contains("Action=ListUserTags&") => {
                answer("ListUserTags", "<Tags><member><Key>groundplan:app</Key><Value>shop</Value></member></Tags>")
            }
            () => answer("GetAccessKeyLastUsed", "<UserName>ada</UserName>"),
        });
        assert_eq!(aws.find(&asked(at)).await.unwrap(), Vec::from_iter(found), "{date}");
    }
}

#[tokio::test]
async fn a_key_of_a_user_of_somebody_else_is_never_taken_over() {
    for app in ["shop2", ""] {
        let (aws, _) = keys_of(app, &["AKIA1"], &[]);
        let error = aws.find(&create(KEY, json!({"UserName": "ada"}))).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.message.contains("AKIA1") && error.message.contains("not managed by this app"), "{error}");
    }
    let (aws, _) = keys_of("shop2", &[], &[]);
    assert_eq!(aws.find(&create(KEY, json!({"UserName": "ada"}))).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_key_is_read_among_those_of_its_user_whom_an_import_asks_for() {
    let (aws, log) = keys_of("shop", &["AKIA1", "AKIA2"], &[]);
    let imported = existing(KEY, "AKIA2", json!({}));
    let live = aws.read(&imported).await.unwrap().unwrap();
    assert_eq!(live.properties, map(json!({"UserName": "ada", "Status": "Active"})));
    assert_eq!(log.count("Action=GetAccessKeyLastUsed&"), 1);
    assert_eq!(aws.read(&existing(KEY, "AKIA3", json!({"UserName": "ada"}))).await.unwrap(), None);
    assert_eq!(log.count("Action=GetAccessKeyLastUsed&"), 1, "the state knows the user");
}

#[tokio::test]
async fn the_secret_of_a_key_is_never_asked_for() {
    let (aws, log) = aws(Answer::empty);
    let key = existing(KEY, "AKIA1", json!({"UserName": "ada"}));
    assert_eq!(aws.secret_output(&key, "SecretAccessKey").await.unwrap(), None);
    assert_eq!(log.all(), [""; 0]);
}

#[tokio::test]
async fn a_key_is_deleted_by_its_user_and_one_that_is_gone_is_not_found() {
    let delete = || DeleteRequest {
        existing: existing(KEY, "AKIA1", json!({"UserName": "ada"})),
        delete_data: false,
        final_snapshot: None,
    };
    let (aws_with_it, log) = aws(Answer::empty);
    assert_eq!(aws_with_it.delete(&delete()).await.unwrap(), Deletion::Gone);
    assert!(log.all()[0].ends_with("UserName=ada&AccessKeyId=AKIA1"), "{:?}", log.all());
    let (aws_without, _) = aws(|_| refused(404, "NoSuchEntity", "The Access Key with id AKIA1 cannot be found."));
    assert_eq!(aws_without.delete(&delete()).await.unwrap_err().class, ErrorClass::NotFound);
    assert_eq!(aws_without.read(&delete().existing).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_with_a_key_that_was_not_declared_keeps_all_that_it_has() {
    let (aws, log) = aws(|sent| match sent.contains("Action=ListAccessKeys") {
        true => listed(&["AKIA1"]),
        false if sent.contains("Action=ListUserPolicies") => {
            answer("ListUserPolicies", "<PolicyNames><member>send</member></PolicyNames>")
        }
        false if sent.contains("Action=ListAttachedUserPolicies") => {
            answer("ListAttachedUserPolicies", "<AttachedPolicies/>")
        }
        false if sent.contains("Action=ListGroupsForUser") => answer("ListGroupsForUser", "<Groups/>"),
        false => Answer::empty(sent),
    });
    let user = existing(USER, "ada", json!({"Policies": [{"PolicyName": "send", "PolicyDocument": {}}]}));
    let request = DeleteRequest { existing: user, delete_data: false, final_snapshot: None };
    let error = aws.delete(&request).await.unwrap_err();
    assert!(error.message.contains("the access key AKIA1"), "{error}");
    assert!(!error.message.contains("send"), "{error}");
    assert_eq!(log.count("Action=Delete"), 0, "{:?}", log.all());
}

#[tokio::test]
async fn a_user_with_credentials_of_its_own_keeps_all_that_it_has() {
    let device = "<MFADevices><member><UserName>ada</UserName><SerialNumber>arn:mfa</SerialNumber>\
                  <EnableDate>2026-01-01T00:00:00Z</EnableDate></member></MFADevices>";
    let key = "<SSHPublicKeys><member><UserName>ada</UserName><SSHPublicKeyId>APKA1</SSHPublicKeyId>\
               <Status>Active</Status><UploadDate>2026-01-01T00:00:00Z</UploadDate></member></SSHPublicKeys>";
    let certificate = "<Certificates><member><UserName>ada</UserName><CertificateId>C1</CertificateId>\
                       <CertificateBody>b</CertificateBody><Status>Active</Status></member></Certificates>";
    let service = "<ServiceSpecificCredentials><member><UserName>ada</UserName><Status>Active</Status>\
                   <ServiceUserName>ada-at</ServiceUserName><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                   <ServiceSpecificCredentialId>ACCA1</ServiceSpecificCredentialId>\
                   <ServiceName>codecommit.amazonaws.com</ServiceName></member></ServiceSpecificCredentials>";
    let profile = "<LoginProfile><UserName>ada</UserName><CreateDate>2026-01-01T00:00:00Z</CreateDate></LoginProfile>";
    for (action, body, named) in [
        ("GetLoginProfile", profile, "a password"),
        ("ListMFADevices", device, "the MFA device arn:mfa"),
        ("ListSSHPublicKeys", key, "the SSH key APKA1"),
        ("ListSigningCertificates", certificate, "the signing certificate C1"),
        ("ListServiceSpecificCredentials", service, "the credentials ACCA1 for codecommit.amazonaws.com"),
    ] {
        let (aws, log) = aws(move |sent| match sent {
            sent if sent.contains(&format!("Action={action}&")) => answer(action, body),
            sent if sent.contains("Action=ListAccessKeys") => listed(&[]),
            sent if sent.contains("Action=GetLoginProfile") => refused(404, "NoSuchEntity", "there is none"),
            // It may not look at these.
            sent if sent.contains("Action=ListSigningCertificates") => refused(403, "AccessDenied", "not authorized"),
            sent => Answer::empty(sent),
        });
        let user = existing(USER, "ada", json!({"Policies": [{"PolicyName": "send", "PolicyDocument": {}}]}));
        let request = DeleteRequest { existing: user, delete_data: false, final_snapshot: None };
        let error = aws.delete(&request).await.unwrap_err();
        assert!(error.message.contains(named), "{action}: {error}");
        assert_eq!(log.count("Action=Delete"), 0, "{:?}", log.all());
    }
}

#[tokio::test]
async fn a_unique_identifier_in_the_place_of_an_arn_is_not_passed_on() {
    let (aws, _) = aws(|sent| {
        let kind = if sent.contains("Action=CreateRole&") { "Role" } else { "User" };
        answer(
            &format!("Create{kind}"),
            &format!(
                "<{kind}><Path>/apps/</Path><{kind}Name>ada</{kind}Name><{kind}Id>AIDA1</{kind}Id><Arn>AIDA1</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate></{kind}>"
            ),
        )
    });
    let user = aws.create(&create(USER, json!({"UserName": "ada", "Path": "/apps/"}))).await.unwrap();
    assert_eq!(user.outputs["Arn"], "arn:aws:iam::111122223333:user/apps/ada");
    let role = json!({"RoleName": "ada", "Path": "/apps/", "AssumeRolePolicyDocument": {}});
    let role = aws.create(&create("AWS::IAM::Role", role)).await.unwrap();
    assert_eq!(role.outputs["Arn"], "arn:aws:iam::111122223333:role/apps/ada");
}

#[tokio::test]
async fn a_user_goes_without_its_own_policies_and_groups() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("Action=GetLoginProfile") => refused(404, "NoSuchEntity", "there is none"),
        sent if sent.contains("Action=ListAccessKeys") => listed(&[]),
        sent if sent.contains("Action=ListUserPolicies") => {
            answer("ListUserPolicies", "<PolicyNames><member>send</member></PolicyNames>")
        }
        sent if sent.contains("Action=ListAttachedUserPolicies") => answer(
            "ListAttachedUserPolicies",
            "<AttachedPolicies><member><PolicyArn>arn:p</PolicyArn></member></AttachedPolicies>",
        ),
        sent if sent.contains("Action=ListGroupsForUser") => answer(
            "ListGroupsForUser",
            "<Groups><member><Path>/</Path><GroupName>mail</GroupName><GroupId>A</GroupId><Arn>a</Arn>\
             <CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Groups>",
        ),
        sent => Answer::empty(sent),
    });
    let user = json!({"Policies": [{"PolicyName": "send", "PolicyDocument": {}}],
        "ManagedPolicyArns": ["arn:p"], "Groups": ["mail"]});
    let request = DeleteRequest { existing: existing(USER, "ada", user), delete_data: false, final_snapshot: None };
    assert_eq!(aws.delete(&request).await.unwrap(), Deletion::Gone);
    let all = log.all();
    let position = |action: &str| {
        all.iter().position(|sent| sent.contains(&format!("Action={action}&"))).unwrap_or_else(|| panic!("{action}"))
    };
    for action in ["DetachUserPolicy", "DeleteUserPolicy", "RemoveUserFromGroup"] {
        assert!(position(action) < position("DeleteUser"), "{action}");
    }
}

#[tokio::test]
async fn a_password_for_the_console_is_refused_with_what_to_use_instead() {
    let (aws, _) = aws(Answer::empty);
    let error = aws.check(USER, &map(json!({"LoginProfile": {"Password": "x"}}))).unwrap_err();
    assert!(error.message.contains("IAM Identity Center"), "{error}");
}
