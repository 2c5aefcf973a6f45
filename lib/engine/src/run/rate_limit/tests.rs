use std::time::Duration;

use super::*;

const FIRST: Rank = (0, Reverse(0));

async fn answered(limiter: &RateLimiter<'_>, api: &'static str, class: Option<ErrorClass>) {
    let permit = limiter.enter(api, FIRST).await.unwrap();
    let error = class.map(|class| ProviderError::new(class, "by the test"));
    let _ = permit
        .make(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            error.map_or(Ok(()), Err)
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn before_an_api_throttles_nothing_is_held_back_but_by_the_number_of_calls_at_once() {
    let (limiter, begun) = (RateLimiter::new(10), Instant::now());
    limiter.keep(futures::future::join_all((0..100).map(|_| answered(&limiter, "ec2", None)))).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_api_that_throttles_takes_no_place_from_others() {
    let limiter = RateLimiter::new(2);
    let begun = Instant::now();
    limiter
        .keep(async {
            futures::future::join_all((0..2).map(|_| answered(&limiter, "route53", Some(ErrorClass::Throttled)))).await;
            let slow = futures::future::join_all((0..20).map(|_| answered(&limiter, "route53", None)));
            let fast = futures::future::join_all((0..20).map(|_| answered(&limiter, "ec2", None)));
            let fast = async {
                fast.await;
                begun.elapsed()
            };
            let (_, fast) = tokio::join!(slow, fast);
            assert!(fast < Duration::from_millis(1_500), "{fast:?}");
            assert!(begun.elapsed() > Duration::from_secs(10));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn of_those_who_wait_the_one_with_the_longest_path_goes_first() {
    let (limiter, order) = (RateLimiter::new(1), Mutex::new(Vec::new()));
    let permit = limiter.enter("ec2", FIRST).await.unwrap();
    let wait = async |rank: Rank| {
        let permit = limiter.enter("ec2", rank).await.unwrap();
        order.lock().unwrap().push(rank.0);
        drop(permit);
    };
    tokio::join!(wait((1, Reverse(0))), wait((30, Reverse(1))), wait((2, Reverse(2))), async { drop(permit) });
    assert_eq!(order.into_inner().unwrap(), [30, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn when_it_is_closed_nobody_waits_any_more() {
    let limiter = RateLimiter::new(1);
    let _turn = limiter.enter("ec2", FIRST).await.unwrap();
    let (waiting, paused, ()) =
        tokio::join!(limiter.enter("ec2", FIRST), limiter.pause(Duration::from_secs(600)), async { limiter.close() });
    assert!(waiting.is_err() && paused.is_err() && limiter.enter("iam", FIRST).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_gives_back_the_permit_that_was_granted_meanwhile() {
    let limiter = RateLimiter::new(1);
    let first = limiter.enter("ec2", FIRST).await.unwrap();
    let mut waiting = Box::pin(limiter.enter("ec2", FIRST));
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    drop(first);
    drop(waiting);
    drop(limiter.enter("ec2", FIRST).await.unwrap());
}
