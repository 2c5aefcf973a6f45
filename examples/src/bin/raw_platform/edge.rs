//! CloudFront before the load balancer and the media bucket, with a firewall.

use groundplan::identity::{Condition, Principal, Statement};
use groundplan::resources::cloudfront::cache_policy::{
    CachePolicyConfig, CachePolicyConfigArgs, CookiesConfig, HeadersConfig, ParametersInCacheKeyAndForwardedToOrigin,
    ParametersInCacheKeyAndForwardedToOriginArgs, QueryStringsConfig,
};
use groundplan::resources::cloudfront::distribution::{
    CacheBehavior, CacheBehaviorArgs, CustomErrorResponse, CustomOriginConfig, DefaultCacheBehavior,
    DefaultCacheBehaviorArgs, DistributionConfig, DistributionConfigArgs, FunctionAssociation, GeoRestriction, Origin,
    OriginArgs, Restrictions, S3OriginConfig, ViewerCertificate,
};
use groundplan::resources::cloudfront::function::{FunctionConfig, FunctionConfigArgs};
use groundplan::resources::cloudfront::origin_access_control::{
    OriginAccessControlConfig, OriginAccessControlConfigArgs,
};
use groundplan::resources::cloudfront::{CachePolicy, Distribution, Function, FunctionArgs, OriginAccessControl};
use groundplan::resources::wafv2::web_acl::{
    self, AllowAction, BlockAction, CountAction, DefaultAction, IpSetReferenceStatement, ManagedRuleGroupStatement,
    ManagedRuleGroupStatementArgs, OverrideAction, RateBasedStatement, RateBasedStatementArgs, Rule, RuleAction,
    RuleActionOverride, RuleActionOverrideArgs, RuleArgs, VisibilityConfig, VisibilityConfigArgs,
};
use groundplan::resources::wafv2::{IpSet, IpSetArgs, WebAcl, WebAclArgs};
use groundplan::{Handle, Scope, json, template};

use crate::Shared;

/// Policies that AWS provides to every account.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

pub(crate) fn edge(stack: &Scope, shared: &Shared) {
    let firewall = firewall(stack);
    let access = OriginAccessControlConfig::new(OriginAccessControlConfigArgs {
        name: "media",
        origin_access_control_origin_type: "s3",
        signing_behavior: "always",
        signing_protocol: "sigv4",
    });
    let access = stack.add("access", OriginAccessControl::new(access.description("The media bucket")));
    let rewrite = FunctionConfigArgs { comment: "Rewrites paths", runtime: "cloudfront-js-2.0" };
    let rewrite = Function::new(FunctionArgs {
        name: "rewrite",
        function_code: "function handler(event) { return event.request; }",
        function_config: FunctionConfig::new(rewrite),
    });
    let rewrite = stack.add("rewrite", rewrite.auto_publish(true));
    let cache = cache_policy(stack);

    let api = Origin::new(OriginArgs { id: "api", domain_name: shared.balancer.dns_name() }).custom_origin_config(
        CustomOriginConfig::new("https-only").origin_ssl_protocols(["TLSv1.2"]).https_port(443).origin_read_timeout(60),
    );
    let media = shared.media.bucket.regional_domain_name();
    let media = Origin::new(OriginArgs { id: "media", domain_name: media })
        .origin_access_control_id(&access)
        .s3_origin_config(S3OriginConfig::new().origin_access_identity(""));
    let dynamic = DefaultCacheBehavior::new(DefaultCacheBehaviorArgs {
        target_origin_id: "api",
        viewer_protocol_policy: "redirect-to-https",
    });
    let files = CacheBehavior::new(CacheBehaviorArgs {
        path_pattern: "/media/*",
        target_origin_id: "media",
        viewer_protocol_policy: "redirect-to-https",
    });
    let config = DistributionConfig::new(DistributionConfigArgs {
        enabled: true,
        default_cache_behavior: dynamic
            .allowed_methods(["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"])
            .cache_policy_id(CACHING_DISABLED)
            .origin_request_policy_id(ALL_VIEWER)
            .compress(true),
    })
    .aliases(["www.example.com"])
    .comment("Shop")
    .http_version("http2and3")
    .ipv6_enabled(true)
    .price_class("PriceClass_100")
    .web_acl_id(&firewall)
    .origins([api, media])
    .cache_behaviors([files
        .cache_policy_id(&cache)
        .compress(true)
        .function_associations([FunctionAssociation::new().event_type("viewer-request").function_arn(&rewrite)])])
    .custom_error_responses([CustomErrorResponse::new(404)
        .response_code(200)
        .response_page_path("/index.html")
        .error_caching_min_ttl(10)])
    .restrictions(Restrictions::new(GeoRestriction::new("none")))
    .viewer_certificate(
        ViewerCertificate::new()
            .acm_certificate_arn(&shared.certificate)
            .ssl_support_method("sni-only")
            .minimum_protocol_version("TLSv1.2_2021"),
    );
    let distribution = stack.add("distribution", Distribution::new(config));
    stack.export("distribution", distribution.domain_name());

    let arn = template!("arn:aws:cloudfront::{}:distribution/{}", stack.account_id(), distribution.id());
    shared.media.allow(
        Statement::allow(["s3:GetObject"])
            .by(Principal::service("cloudfront.amazonaws.com"))
            .on([shared.media.objects("*")])
            .when(Condition::new("StringEquals", "AWS:SourceArn", [arn])),
    );
}

fn firewall(stack: &Scope) -> Handle<WebAcl> {
    let seen = |name: &'static str| {
        VisibilityConfig::new(VisibilityConfigArgs {
            cloud_watch_metrics_enabled: true,
            metric_name: name,
            sampled_requests_enabled: true,
        })
    };
    let rule = |priority: i64, name: &'static str, statement| {
        Rule::new(RuleArgs { name, priority, statement, visibility_config: seen(name) })
    };
    let allow = AllowAction::new;
    let office = IpSetArgs { addresses: ["203.0.113.0/24"], ip_address_version: "IPV4", scope: "CLOUDFRONT" };
    let office = stack.add("office", IpSet::new(office).name("office"));
    let office = IpSetReferenceStatement::new(&office);
    let large = RuleActionOverride::new(RuleActionOverrideArgs {
        name: "SizeRestrictions_BODY",
        action_to_use: RuleAction::new().count(CountAction::new()),
    });
    let common = ManagedRuleGroupStatementArgs { vendor_name: "AWS", name: "AWSManagedRulesCommonRuleSet" };
    let common = ManagedRuleGroupStatement::new(common).rule_action_overrides([large]);
    let rate = RateBasedStatement::new(RateBasedStatementArgs { aggregate_key_type: "IP", limit: 2000 });
    let statement = web_acl::Statement::new;
    let acl = WebAcl::new(WebAclArgs {
        scope: "CLOUDFRONT",
        default_action: DefaultAction::new().allow(allow()),
        visibility_config: seen("shop"),
    })
    .name("shop")
    .rules([
        rule(0, "office", statement().ip_set_reference_statement(office)).action(RuleAction::new().allow(allow())),
        rule(1, "common", statement().managed_rule_group_statement(common))
            .override_action(OverrideAction::new().none(json!({}))),
        rule(2, "rate", statement().rate_based_statement(rate)).action(RuleAction::new().block(BlockAction::new())),
    ]);
    stack.add("acl", acl)
}

fn cache_policy(stack: &Scope) -> Handle<CachePolicy> {
    let key = ParametersInCacheKeyAndForwardedToOrigin::new(ParametersInCacheKeyAndForwardedToOriginArgs {
        cookies_config: CookiesConfig::new("none"),
        enable_accept_encoding_gzip: true,
        headers_config: HeadersConfig::new("none"),
        query_strings_config: QueryStringsConfig::new("all"),
    });
    let config = CachePolicyConfigArgs {
        name: "media",
        min_ttl: 0,
        default_ttl: 86_400,
        max_ttl: 31_536_000,
        parameters_in_cache_key_and_forwarded_to_origin: key,
    };
    stack.add("cache-policy", CachePolicy::new(CachePolicyConfig::new(config)))
}
