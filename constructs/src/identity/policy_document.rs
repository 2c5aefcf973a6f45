//! Typed IAM policy documents.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use std::collections::BTreeMap;

use groundplan_core::{Code, Diagnostic, Input, Json, Provides, Scope, Value, policy_size};
use groundplan_resources::Arn;

/// An IAM policy document: a list of statements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

/// The kind of a policy, which decides on the parts of its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    /// The policy of a role, user or group.
    Identity,
    /// The policy of a resource, such as a bucket.
    Resource,
    /// The trust policy of a role.
    Trust,
}

/// The principal of a statement in a resource policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// Everyone, including anonymous users.
    Anyone,
    /// An AWS service, such as `ecs-tasks.amazonaws.com`.
    Service(String),
    /// A role, user or account, by its ARN.
    Aws(Value),
    /// An identity provider of the account, by its ARN, for web identities.
    Federated(Value),
}

impl Principal {
    /// Returns the service whose principal is `name`, such as `ecs-tasks.amazonaws.com`.
    pub fn service(name: impl Into<String>) -> Self {
        Self::Service(name.into())
    }

    /// Returns the role, user or account with this ARN.
    pub fn aws(arn: impl Provides<String>) -> Self {
        Self::Aws(arn.provide().into_value())
    }

    /// Returns the whole account of `scope`: every principal of the account that an IAM policy allows.
    pub fn account_of(scope: &Scope) -> Self {
        Self::aws(groundplan_core::template!("arn:{}:iam::{}:root", scope.partition(), scope.account_id()))
    }

    /// Returns the web identities of the identity provider with this ARN.
    pub fn federated(provider: impl Provides<Arn>) -> Self {
        Self::Federated(provider.provide().into_value())
    }

    fn entry(&self) -> (&'static str, Value) {
        match self {
            Self::Anyone => ("AWS", "*".into()),
            Self::Service(name) => ("Service", name.as_str().into()),
            Self::Aws(arn) => ("AWS", arn.clone()),
            Self::Federated(arn) => ("Federated", arn.clone()),
        }
    }
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allows the actions. IAM denies every action that no statement allows.
    Allow,
    /// Denies the actions, even if another statement allows them.
    Deny,
}

/// A condition of a statement: an operator such as `StringEquals`, a key such as `aws:PrincipalOrgID`, and
/// values, one of which must match.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    operator: String,
    key: Value,
    values: Vec<Value>,
}

impl Condition {
    /// Creates a condition from an operator, key and values of IAM. Key and values can be outputs or templates
    /// of outputs, as in the trust policy for a service account of a cluster:
    ///
    /// ```
    /// # use groundplan_constructs::identity::Condition;
    /// # use groundplan_core::{Output, Reference, template};
    /// # let issuer: Output<String> = Output::new(Reference::new("platform/eks", "OpenIdConnectIssuerUrl"));
    /// let subject = template!("{}:sub", issuer.without_prefix("https://"));
    /// Condition::new("StringEquals", subject, ["system:serviceaccount:kube-system:ebs-csi-controller-sa"]);
    /// ```
    pub fn new<V: Provides<String>>(
        operator: impl Into<String>,
        key: impl Provides<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(|value| value.provide().into_value()).collect();
        Self::of_values(operator, key, values)
    }

    /// Returns the first part of the key if it is known, such as `kms` of `kms:ViaService`.
    pub(crate) fn service(&self) -> Option<&str> {
        self.key.as_str()?.split_once(':').map(|(service, _)| service)
    }

    pub(crate) fn of_values(operator: impl Into<String>, key: impl Provides<String>, values: Vec<Value>) -> Self {
        Self { operator: operator.into(), key: key.provide().into_value(), values }
    }
}

/// One statement of a policy.
///
/// ```
/// use groundplan_constructs::identity::Statement;
/// let read = Statement::allow(["s3:GetObject"]).on(["arn:aws:s3:::media/*"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    effect: Effect,
    sid: Option<String>,
    actions: Vec<String>,
    resources: Vec<Value>,
    principals: Vec<Principal>,
    conditions: Vec<Condition>,
}

impl Statement {
    /// Allows these actions, such as `s3:GetObject`.
    pub fn allow<A: Into<String>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self::new(Effect::Allow, actions)
    }

    /// Denies these actions.
    pub fn deny<A: Into<String>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self::new(Effect::Deny, actions)
    }

    fn new<A: Into<String>>(effect: Effect, actions: impl IntoIterator<Item = A>) -> Self {
        Self {
            effect,
            sid: None,
            actions: actions.into_iter().map(Into::into).collect(),
            resources: Vec::new(),
            principals: Vec::new(),
            conditions: Vec::new(),
        }
    }

    /// Applies the statement to these resources, by ARN.
    #[must_use]
    pub fn on<R: Provides<String>>(mut self, resources: impl IntoIterator<Item = R>) -> Self {
        self.resources.extend(resources.into_iter().map(|arn| arn.provide().into_value()));
        self
    }

    /// Applies the statement to every resource. In a resource policy, this means only the resource itself.
    #[must_use]
    pub fn on_all(self) -> Self {
        self.on(["*"])
    }

    /// Applies the statement to this principal, in a resource policy.
    #[must_use]
    pub fn by(mut self, principal: Principal) -> Self {
        self.principals.push(principal);
        self
    }

    /// Adds a condition. The statement applies only if all of its conditions hold.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Sets the id of the statement: letters and digits.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// Returns the first malformed action: neither `*` nor `service:Action`.
    fn wrong_action(&self) -> Option<&str> {
        let fits = |action: &str| {
            action == "*"
                || action.split_once(':').is_some_and(|(service, name)| {
                    !service.is_empty()
                        && service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                        && !name.is_empty()
                        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '?'))
                })
        };
        self.actions.iter().map(String::as_str).find(|action| !fits(action))
    }

    /// Returns what AWS would refuse in a policy of this kind, and what to do about it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
    fn problem(&self, kind: PolicyKind) -> Option<(&'static str, &'static str)> {
        if self.actions.is_empty() {
            return Some(("a statement of a policy needs an action", "name the actions in `allow` or `deny`"));
        }
        match kind {
            PolicyKind::Identity if self.resources.is_empty() => Some((
                "a statement in the policy of a role, user or group needs resources",
                "add `.on([…])`, or `.on_all()` for every resource",
            )),
            PolicyKind::Identity if !self.principals.is_empty() => Some((
                "a statement in the policy of a role, user or group has no principal",
                "remove `.by(…)`: the statement applies to the role, user or group",
            )),
            PolicyKind::Resource if self.principals.is_empty() => {
                Some(("a statement in the policy of a resource needs a principal", "add `.by(…)`"))
            }
            PolicyKind::Resource if self.resources.is_empty() => Some((
                "a statement in the policy of a resource needs resources",
                "add `.on([…])`, or `.on_all()` for the resource of a key policy",
            )),
            PolicyKind::Trust if self.principals.is_empty() => {
                Some(("the trust statement of a role needs a principal", "add `.by(…)`"))
            }
            PolicyKind::Trust if !self.resources.is_empty() => {
                Some(("the trust statement of a role has no resources", "remove `.on(…)` or `.on_all()`"))
            }
            _ => None,
        }
    }

    /// Returns the statement for `principal`, under these conditions.
    pub(crate) fn for_principal(self, principal: &Principal, conditions: &[Condition]) -> Self {
        conditions.iter().cloned().fold(self.by(principal.clone()), Self::when)
    }

    fn into_value(self) -> Value {
        let effect = match self.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        let mut entries = BTreeMap::from([("Effect".to_owned(), Value::from(effect))]);
        let mut set = |name: &str, value: Value| entries.insert(name.to_owned(), value);
        set("Action", one_or_list(self.actions.into_iter().map(Value::String).collect()));
        if let Some(sid) = self.sid {
            set("Sid", sid.into());
        }
        if !self.resources.is_empty() {
            set("Resource", one_or_list(self.resources));
        }
        match &self.principals[..] {
            [] => {}
            [Principal::Anyone] => {
                set("Principal", "*".into());
            }
            principals => {
                set("Principal", grouped(principals.iter().map(Principal::entry)));
            }
        }
        if !self.conditions.is_empty() {
            let mut operators: BTreeMap<String, Vec<(Value, Value)>> = BTreeMap::new();
            for condition in self.conditions {
                let values = one_or_list(condition.values);
                operators.entry(condition.operator).or_default().push((condition.key, values));
            }
            let operators = operators.into_iter().map(|(operator, keys)| (operator, Value::entries(keys)));
            set("Condition", Value::Map(operators.collect()));
        }
        Value::Map(entries)
    }
}

fn grouped(entries: impl Iterator<Item = (&'static str, Value)>) -> Value {
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (kind, value) in entries {
        groups.entry(kind.to_owned()).or_default().push(value);
    }
    Value::Map(groups.into_iter().map(|(kind, values)| (kind, one_or_list(values))).collect())
}

/// Returns a single value without a list, because IAM returns it in that form.
fn one_or_list(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::List(values) }
}

impl PolicyDocument {
    /// Creates a policy document with these statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { statements: statements.into_iter().collect() }
    }

    /// Appends a statement, unless the document already contains it.
    pub fn push(&mut self, statement: Statement) {
        if !self.statements.contains(&statement) {
            self.statements.push(statement);
        }
    }

    /// Returns true if the document contains the statement.
    pub(crate) fn contains(&self, statement: &Statement) -> bool {
        self.statements.contains(statement)
    }

    /// Returns true if a statement of the document has this service as a principal.
    pub(crate) fn names_service(&self, service: &str) -> bool {
        let named = |principal: &Principal| matches!(principal, Principal::Service(name) if name == service);
        self.statements.iter().any(|statement| statement.principals.iter().any(named))
    }

    /// Returns the number of characters that IAM counts, if each unknown value has `unknown` characters.
    pub(crate) fn size(&self, unknown: usize) -> usize {
        policy_size::size(&self.provide().into_value(), unknown)
    }

    /// Reports statements that AWS would refuse in a policy of this kind.
    #[track_caller]
    pub(crate) fn check(&self, scope: &Scope, kind: PolicyKind) {
        for statement in &self.statements {
            if let Some(action) = statement.wrong_action() {
                scope.report(
                    Diagnostic::error(Code::InvalidAction, "this is not an IAM action")
                        .got(action)
                        .allowed("`service:Action`, as in `s3:GetObject`; `*` and `?` stand for any text and letter"),
                );
            }
            if let Some((message, help)) = statement.problem(kind) {
                scope.report(
                    Diagnostic::error(Code::InvalidStatement, message).got(statement.actions.join(", ")).help(help),
                );
            }
        }
    }
}

impl Provides<Json> for PolicyDocument {
    fn provide(self) -> Input<Json> {
        let statements = self.statements.into_iter().map(Statement::into_value).collect();
        Input::Known(Json(Value::Map(BTreeMap::from([
            ("Statement".to_owned(), Value::List(statements)),
            ("Version".to_owned(), "2012-10-17".into()),
        ]))))
    }
}

impl Provides<Json> for &PolicyDocument {
    fn provide(self) -> Input<Json> {
        self.clone().provide()
    }
}

#[cfg(test)]
#[path = "policy_document_tests.rs"]
mod tests;
