use super::*;
use crate::fixture::findings;

fn found(schedule: Schedule) -> String {
    findings(|stack| schedule.check(stack))
}

#[test]
fn a_schedule_has_the_expression_of_aws() {
    assert_eq!(Schedule::cron("0 8 ? * MON-FRI *").expression(), "cron(0 8 ? * MON-FRI *)");
    assert_eq!(Schedule::every_minutes(5).expression(), "rate(5 minutes)");
    assert_eq!(Schedule::every_minutes(1).expression(), "rate(1 minute)");
    assert_eq!(Schedule::every_hours(2).expression(), "rate(2 hours)");
    assert_eq!(Schedule::every_days(1).expression(), "rate(1 day)");
    assert_eq!(Schedule::every_days(7).in_time_zone("Europe/Berlin").time_zone(), Some("Europe/Berlin"));
}

#[test]
fn what_aws_accepts_is_accepted() {
    for fields in [
        "0 8 ? * MON-FRI *",
        "0/15 * * * ? *",
        "0 0,12 1 JAN-JUN ? 2026-2030",
        "0 18 L * ? *",
        "0 18 3W * ? *",
        "0 18 ? * 6L *",
        "0 18 ? * TUE#2 *",
        "*/5 0-6 ? * sun,sat *",
    ] {
        assert_eq!(found(Schedule::cron(fields)), "", "{fields}");
    }
    assert_eq!(found(Schedule::every_hours(1).in_time_zone("UTC")), "");
}

#[test]
fn what_aws_would_refuse_is_refused() {
    insta::assert_snapshot!(found(Schedule::cron("0 8 * * *")), @"
        error[GP0376]: this is not a schedule
           = got: cron(0 8 * * *)
           = allowed: six fields: minutes, hours, day of month, month, day of week, year
        ");
    insta::assert_snapshot!(found(Schedule::cron("0 8 * * * *")), @"
        error[GP0376]: this is not a schedule
           = got: cron(0 8 * * * *)
           = allowed: `?` as the day of month or as the day of week, and not as both
        ");
    insta::assert_snapshot!(found(Schedule::cron("0 24 * * ? *")), @"
        error[GP0376]: this is not a schedule
           = got: cron(0 24 * * ? *)
           = allowed: values in the range of each field, such as `0 8 ? * MON-FRI *` or `0/15 * * * ? *`
        ");
    insta::assert_snapshot!(found(Schedule::every_minutes(0).in_time_zone("CEST")), @"
        error[GP0376]: this is not a schedule
           = got: rate(0 minutes)
           = allowed: an interval of at least 1

        error[GP0376]: this is not a time zone
           = got: CEST
           = allowed: a name of the IANA database, such as `Europe/Berlin`, or `UTC`
        ");
    for fields in [
        "60 8 * * ? *",
        "0 8 0 * ? *",
        "0 8 * MAY-X ? *",
        "0 8 ? * FUN *",
        "0/0 8 * * ? *",
        "0 8 ? * ? *",
        "L 8 ? * 1 *",
    ] {
        assert!(found(Schedule::cron(fields)).starts_with("error[GP0376]"), "{fields}");
    }
}
