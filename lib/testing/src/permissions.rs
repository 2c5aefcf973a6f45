//! The IAM permissions of a program, for assertions.

use groundplan_core::{Assembly, Path, Value};

use crate::sure;

/// A statement of an IAM policy of the program: one of a role, user or group, or one that can be attached to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// The resource that has the statement: a role, user or group, or a policy that is attached to one.
    pub path: Path,
    /// True for `Allow`, false for `Deny`.
    pub is_allowed: bool,
    /// The actions, such as `s3:GetObject` or `s3:*`.
    pub actions: Vec<String>,
    /// The actions of `NotAction`: the statement is about all others.
    pub not_actions: Vec<String>,
    /// The resources: ARNs and patterns as text, and references to resources of the program.
    pub resources: Vec<Value>,
    /// The resources of `NotResource`: the statement is about all others.
    pub not_resources: Vec<Value>,
}

impl Permission {
    /// Returns whether the statement applies to this action. In its own actions, `*` matches any text and `?` any
    /// character, and letter case makes no difference.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
    pub fn covers(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let is_among = |patterns: &[String]| {
            patterns.iter().any(|pattern| matches(pattern.to_ascii_lowercase().as_bytes(), action.as_bytes()))
        };
        is_among(&self.actions) || !self.not_actions.is_empty() && !is_among(&self.not_actions)
    }

    /// Returns whether the statement applies to every resource, or to all but some.
    pub fn is_for_all(&self) -> bool {
        !self.not_resources.is_empty() || self.resources.iter().any(|resource| resource.as_str() == Some("*"))
    }
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|from| matches(rest, &text[from..])),
        ([b'?', rest @ ..], [_, text @ ..]) => matches(rest, text),
        ([own, rest @ ..], [other, text @ ..]) if own == other => matches(rest, text),
        _ => false,
    }
}

/// Returns the statements of all policies for roles, users and groups in the program, inline or as resources of their
/// own. Policies of AWS, which are attached by their ARN, are not among them.
///
/// # Panics
/// If a policy cannot be read before the deploy, such as a document or an action that is an output: an assertion
/// about it would prove nothing.
///
/// ```
/// use groundplan_core::{App, Environment, json};
/// use groundplan_resources::iam;
/// use groundplan_testing::{assembly, permissions};
///
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}});
/// let role = stack.add("role", iam::Role::new(trust));
/// let read = json!({"Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}]});
/// stack.add("read", iam::RolePolicy::new(iam::RolePolicyArgs { policy_name: "read", role_name: role.role_name() }).policy_document(read));
///
/// let permissions = permissions(&assembly(&app));
/// assert!(permissions.iter().any(|it| it.covers("s3:GetObject")));
/// assert!(!permissions.iter().any(|it| it.is_allowed && it.covers("iam:PassRole")), "no role may pass roles");
/// ```
#[track_caller]
pub fn permissions(assembly: &Assembly) -> Vec<Permission> {
    let entries = assembly.resources.iter().filter(|(_, entry)| entry.type_name.starts_with("AWS::IAM::"));
    let documents = entries.flat_map(|(path, entry)| {
        let inline = entry.properties.get("Policies").and_then(Value::as_list).into_iter().flatten();
        let inline = inline.filter_map(|policy| policy.get("PolicyDocument"));
        inline.chain(entry.properties.get("PolicyDocument")).map(move |document| (path, document))
    });
    let mut permissions = Vec::new();
    for (path, document) in documents {
        let document = sure(read(document), |()| format!("the policy `{path}` is not known before the deploy"));
        for statement in several(document.get("Statement")) {
            let actions = |name: &str| {
                let texts = several(statement.get(name)).map(|action| action.as_str().map(str::to_owned));
                sure(texts.collect::<Option<Vec<_>>>().ok_or(()), |()| {
                    format!("an action of the policy `{path}` is not known before the deploy")
                })
            };
            permissions.push(Permission {
                path: path.clone(),
                is_allowed: statement.get("Effect").and_then(Value::as_str) == Some("Allow"),
                actions: actions("Action"),
                not_actions: actions("NotAction"),
                resources: several(statement.get("Resource")).cloned().collect(),
                not_resources: several(statement.get("NotResource")).cloned().collect(),
            });
        }
    }
    permissions
}

/// A document that is given as a structure or as text.
fn read(document: &Value) -> Result<Value, ()> {
    match document {
        Value::Map(_) => Ok(document.clone()),
        Value::String(text) => Value::from_json(serde_json::from_str(text).map_err(drop)?).map_err(drop),
        _ => Err(()),
    }
}

/// One value, or the elements of a list.
fn several(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, single) = match value {
        Some(Value::List(list)) => (list.as_slice(), None),
        single => (&[][..], single),
    };
    list.iter().chain(single)
}

#[cfg(test)]
mod tests {
    use groundplan_core::{App, Environment, json};
    use groundplan_resources::iam;

    use super::*;
    use crate::assembly;

    #[test]
    fn actions_are_compared_as_iam_does() {
        let covers = |pattern: &str, action: &str| {
            let actions = vec![pattern.to_owned()];
            let allowed = Permission {
                path: Path::new("a"),
                is_allowed: true,
                actions,
                not_actions: Vec::new(),
                resources: Vec::new(),
                not_resources: Vec::new(),
            };
            let others = Permission { not_actions: allowed.actions.clone(), actions: Vec::new(), ..allowed.clone() };
            assert_ne!(others.covers(action), allowed.covers(action), "`NotAction` is about all others");
            allowed.covers(action)
        };
        for (pattern, action, expected) in [
            ("s3:GetObject", "s3:getobject", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:*Object", "s3:GetObject", true),
            ("s3:?etObject", "s3:GetObject", true),
            ("*", "iam:PassRole", true),
            ("s3:Get", "s3:GetObject", false),
            ("s3:*Object", "s3:GetObjectAcl", false),
            ("s3:GetObject?", "s3:GetObject", false),
        ] {
            assert_eq!(covers(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn statements_are_found_inline_and_in_policies_whether_one_or_several() {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("eu-west-1"));
        let statement = |effect: &str, action: &str| json!({"Effect": effect, "Action": action, "Resource": "*"});
        let inline = iam::user::Policy::new(iam::user::PolicyArgs {
            policy_document: json!({"Statement": statement("Allow", "s3:*")}),
            policy_name: "inline",
        });
        stack.add("user", iam::User::new().policies([inline]));
        let both = json!({"Statement": [statement("Allow", "sqs:*"), statement("Deny", "sqs:DeleteQueue")]});
        stack.add("managed", iam::ManagedPolicy::new(both));
        let text = r#"{"Statement": {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::a"}}"#;
        stack.add("text", iam::ManagedPolicy::new(json!(text)));
        let found = permissions(&assembly(&app));
        let found = found.iter().map(|it| (it.path.as_str(), it.is_allowed, it.actions.join(" "), it.is_for_all()));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("shop/managed", true, "sqs:*".to_owned(), true),
                ("shop/managed", false, "sqs:DeleteQueue".to_owned(), true),
                ("shop/text", true, String::new(), true),
                ("shop/user", true, "s3:*".to_owned(), true),
            ]
        );
        assert!(permissions(&assembly(&app)).iter().any(|it| it.covers("iam:PassRole")));
    }
}
