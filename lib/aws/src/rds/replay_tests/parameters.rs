//! Groups of parameters.

use groundplan_engine::Provider;
use serde_json::{Value as Json, json};

use super::{PARAMETERS, sent, update};
use crate::replay::{Answer, aws, existing, map};

fn group(parameters: Json) -> Json {
    json!({"Family": "postgres16", "Description": "d", "Parameters": parameters})
}

#[tokio::test]
async fn a_parameter_that_is_no_longer_declared_is_reset_and_no_other() {
    let (aws, log) = aws(Answer::empty);
    let before = group(json!({"log_statement": "all", "work_mem": "4096"}));
    let _ = aws.update(&update(PARAMETERS, "pg", before, group(json!({"work_mem": "4096"})))).await;
    let reset = sent(&log, "Action=ResetDBParameterGroup");
    assert!(reset.contains("ResetAllParameters=false") && reset.contains("log_statement"), "{reset}");
    assert!(!reset.contains("work_mem"), "{reset}");
}

/// A page of the parameters of a group, by name and value; after it comes the one that is named.
fn page(parameters: &[(&str, &str)], next: Option<&str>) -> String {
    let entry = |(name, value): &(&str, &str)| {
        format!("<Parameter><ParameterName>{name}</ParameterName><ParameterValue>{value}</ParameterValue></Parameter>")
    };
    let parameters: String = parameters.iter().map(entry).collect();
    let next = next.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
    format!(
        "<DescribeDBParametersResponse><DescribeDBParametersResult><Parameters>{parameters}</Parameters>{next}\
         </DescribeDBParametersResult></DescribeDBParametersResponse>"
    )
}

/// The parameters that are read where `declared` are, and the requests for them.
async fn read_parameters(declared: Json, pages: impl Fn(&str) -> String + Send + Sync + 'static) -> (Json, usize) {
    let (aws, log) = aws(move |sent| {
        Answer::ok(if sent.contains("DescribeDBParameterGroups") {
            "<DescribeDBParameterGroupsResponse><DescribeDBParameterGroupsResult><DBParameterGroups><DBParameterGroup>\
             <DBParameterGroupName>pg</DBParameterGroupName><DBParameterGroupArn>arn:pg</DBParameterGroupArn>\
             </DBParameterGroup></DBParameterGroups></DescribeDBParameterGroupsResult>\
             </DescribeDBParameterGroupsResponse>"
                .to_owned()
        } else if sent.contains("DescribeDBParameters") {
            pages(sent)
        } else {
            "<ListTagsForResourceResponse><ListTagsForResourceResult/></ListTagsForResourceResponse>".to_owned()
        })
    });
    let live = aws.read(&existing(PARAMETERS, "pg", group(declared))).await.unwrap().unwrap();
    (live.properties["Parameters"].clone(), log.count("Action=DescribeDBParameters&"))
}

#[tokio::test]
async fn a_parameter_is_the_same_whatever_the_case_of_its_name() {
    let declared = json!({"TimeZone": "utc"});
    let (live, reads) = read_parameters(declared.clone(), |_| page(&[("timezone", "utc")], None)).await;
    assert_eq!(live, declared);
    assert_eq!(reads, 1, "what is set is all that is declared");
}

#[tokio::test]
async fn a_parameter_that_is_declared_with_its_default_is_no_drift() {
    let declared = json!({"Log_Statement": "none", "work_mem": "4096"});
    let (live, reads) = read_parameters(declared, |sent| {
        if sent.contains("Source=user") {
            page(&[("work_mem", "8192"), ("jit", "0")], None)
        } else if sent.contains("Marker=more") {
            page(&[("log_statement", "none"), ("autovacuum", "1")], None)
        } else {
            page(&[("work_mem", "8192"), ("jit", "0"), ("max_connections", "100")], Some("more"))
        }
    })
    .await;
    assert_eq!(live, json!({"Log_Statement": "none", "work_mem": "8192", "jit": "0"}));
    assert_eq!(reads, 3, "those that are set, and two pages of all");
}

#[tokio::test]
async fn parameters_that_are_checked_against_each_other_go_with_one_call() {
    let (aws, log) = aws(Answer::empty);
    // By name these stand between the two.
    let mut parameters: serde_json::Map<_, _> = (0..30).map(|n| (format!("cl{n:02}"), json!(n))).collect();
    parameters.extend(map(json!({"character_set_server": "utf8mb4", "collation_server": "utf8mb4_bin"})));
    let declared = || group(Json::Object(parameters.clone()));
    for (before, after, action) in [
        (group(json!({})), declared(), "Action=ModifyDBParameterGroup"),
        (declared(), group(json!({})), "Action=ResetDBParameterGroup"),
    ] {
        let _ = aws.update(&update(PARAMETERS, "pg", before, after)).await;
        let sent = sent(&log, action);
        assert!(sent.contains("character_set_server") && sent.contains("collation_server"), "{sent}");
    }
}

#[tokio::test]
async fn on_and_off_of_mysql_are_read_back_as_they_were_declared() {
    let declared = json!({"autocommit": "OFF", "log_bin_trust_function_creators": "on", "slow_query_log": "ON"});
    let (live, _) = read_parameters(declared, |_| {
        page(&[("autocommit", "0"), ("log_bin_trust_function_creators", "1"), ("slow_query_log", "0")], None)
    })
    .await;
    assert_eq!(live, json!({"autocommit": "OFF", "log_bin_trust_function_creators": "on", "slow_query_log": "0"}));
}
