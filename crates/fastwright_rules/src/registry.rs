//! All rules, one line each. A rule stands here when it has logic.

use crate::finding::Area;
use crate::metadata::Rule;
use crate::rules::{
    architecture, auth, database, design, docs, errors, lifecycle, observability, performance, secrets,
    security, testing, validation,
};

/// The rules in the order of areas and names.
static RULES: &[&dyn Rule] = &[
    &architecture::annotation_unknown_at_runtime::AnnotationUnknownAtRuntime,
    &architecture::call_past_depends::CallPastDepends,
    &architecture::dependency_as_default::DependencyAsDefault,
    &architecture::import_cycle::ImportCycle,
    &architecture::mutable_global_state::MutableGlobalState,
    &architecture::query_past_service_layer::QueryPastServiceLayer,
    &architecture::router_never_included::RouterNeverIncluded,
    &architecture::suppression_without_reason::SuppressionWithoutReason,
    &architecture::unused_dependency::UnusedDependency,
    &architecture::unused_suppression::UnusedSuppression,
    &auth::abandoned_auth_library::AbandonedAuthLibrary,
    &auth::account_enumeration::AccountEnumeration,
    &auth::cross_site_session_cookie::CrossSiteSessionCookie,
    &auth::fast_password_hash::FastPasswordHash,
    &auth::guard_skipped_by_part_of_path::GuardSkippedByPartOfPath,
    &auth::guard_that_never_refuses::GuardThatNeverRefuses,
    &auth::identity_from_client::IdentityFromClient,
    &auth::login_without_rate_limit::LoginWithoutRateLimit,
    &auth::long_lived_token::LongLivedToken,
    &auth::missing_authentication::MissingAuthentication,
    &auth::missing_ownership_check::MissingOwnershipCheck,
    &auth::non_constant_time_comparison::NonConstantTimeComparison,
    &auth::owner_scope_dropped::OwnerScopeDropped,
    &auth::password_change_without_current::PasswordChangeWithoutCurrent,
    &auth::read_permission_for_write::ReadPermissionForWrite,
    &auth::refresh_token_reuse::RefreshTokenReuse,
    &auth::refusal_without_401::RefusalWithout401,
    &auth::token_url_without_route::TokenUrlWithoutRoute,
    &auth::token_without_expiry::TokenWithoutExpiry,
    &auth::unchecked_oauth_state::UncheckedOauthState,
    &auth::unchecked_object_access::UncheckedObjectAccess,
    &auth::unfiltered_list::UnfilteredList,
    &auth::unpinned_jwt_algorithms::UnpinnedJwtAlgorithms,
    &auth::unprotected_session_cookie::UnprotectedSessionCookie,
    &auth::unverified_scopes::UnverifiedScopes,
    &auth::unverified_webhook::UnverifiedWebhook,
    &auth::websocket_without_authentication::WebsocketWithoutAuthentication,
    &database::commit_after_response::CommitAfterResponse,
    &database::commit_despite_error::CommitDespiteError,
    &database::commit_in_loop::CommitInLoop,
    &database::conflicting_dependency_scopes::ConflictingDependencyScopes,
    &database::create_all_beside_migrations::CreateAllBesideMigrations,
    &database::delete_blocked_by_foreign_key::DeleteBlockedByForeignKey,
    &database::engine_per_request::EnginePerRequest,
    &database::engine_without_ping::EngineWithoutPing,
    &database::expiring_async_session::ExpiringAsyncSession,
    &database::foreign_key_without_index::ForeignKeyWithoutIndex,
    &database::lazy_load_in_async::LazyLoadInAsync,
    &database::mismatched_database_driver::MismatchedDatabaseDriver,
    &database::pool_smaller_than_threads::PoolSmallerThanThreads,
    &database::python_operator_in_filter::PythonOperatorInFilter,
    &database::query_in_loop::QueryInLoop,
    &database::relationship_loaded_per_row::RelationshipLoadedPerRow,
    &database::removed_sqlalchemy_api::RemovedSqlalchemyApi,
    &database::rows_loaded_for_count::RowsLoadedForCount,
    &database::session_held_during_stream::SessionHeldDuringStream,
    &database::session_in_background_task::SessionInBackgroundTask,
    &database::shared_session::SharedSession,
    &database::swallowed_dependency_error::SwallowedDependencyError,
    &database::unclosed_session::UnclosedSession,
    &database::unhandled_unique_violation::UnhandledUniqueViolation,
    &database::write_without_commit::WriteWithoutCommit,
    &design::body_with_no_content::BodyWithNoContent,
    &design::duplicate_route::DuplicateRoute,
    &design::misplaced_slash::MisplacedSlash,
    &design::mixed_trailing_slashes::MixedTrailingSlashes,
    &design::shadowed_route::ShadowedRoute,
    &design::uniqueness_only_checked::UniquenessOnlyChecked,
    &design::unpaginated_collection::UnpaginatedCollection,
    &design::writing_get::WritingGet,
    &docs::duplicate_operation_id::DuplicateOperationId,
    &docs::undocumented_status::UndocumentedStatus,
    &errors::error_answered_with_success::ErrorAnsweredWithSuccess,
    &errors::exception_text_in_response::ExceptionTextInResponse,
    &errors::http_exception_after_response::HttpExceptionAfterResponse,
    &errors::http_exception_handler_too_narrow::HttpExceptionHandlerTooNarrow,
    &errors::http_exception_in_middleware::HttpExceptionInMiddleware,
    &errors::inconsistent_error_bodies::InconsistentErrorBodies,
    &errors::python_values_in_json_response::PythonValuesInJsonResponse,
    &errors::status_in_returned_tuple::StatusInReturnedTuple,
    &errors::swallowed_http_exception::SwallowedHttpException,
    &errors::unchecked_missing_row::UncheckedMissingRow,
    &errors::unlogged_server_error::UnloggedServerError,
    &lifecycle::body_read_in_middleware::BodyReadInMiddleware,
    &lifecycle::context_variable_lost_in_middleware::ContextVariableLostInMiddleware,
    &lifecycle::debug_enabled::DebugEnabled,
    &lifecycle::deprecated_event_handlers::DeprecatedEventHandlers,
    &lifecycle::iterated_routes_tree::IteratedRoutesTree,
    &lifecycle::mixed_lifespan_and_events::MixedLifespanAndEvents,
    &lifecycle::mounted_lifespan_not_run::MountedLifespanNotRun,
    &lifecycle::removed_fastapi_api::RemovedFastapiApi,
    &lifecycle::work_in_every_worker::WorkInEveryWorker,
    &observability::guarded_health_check::GuardedHealthCheck,
    &observability::logged_credentials::LoggedCredentials,
    &performance::blocking_call_in_async::BlockingCallInAsync,
    &performance::call_without_timeout::CallWithoutTimeout,
    &performance::http_client_per_request::HttpClientPerRequest,
    &performance::lost_task::LostTask,
    &performance::nested_event_loop::NestedEventLoop,
    &performance::sync_session_in_async::SyncSessionInAsync,
    &performance::thread_lock_across_await::ThreadLockAcrossAwait,
    &performance::trivial_dependency_in_thread::TrivialDependencyInThread,
    &secrets::credential_in_query::CredentialInQuery,
    &secrets::hard_coded_secret::HardCodedSecret,
    &secrets::secret_setting_as_text::SecretSettingAsText,
    &secrets::whole_configuration_in_response::WholeConfigurationInResponse,
    &security::client_regular_expression::ClientRegularExpression,
    &security::code_injection::CodeInjection,
    &security::command_injection::CommandInjection,
    &security::cross_site_scripting::CrossSiteScripting,
    &security::guard_outside_of_cors::GuardOutsideOfCors,
    &security::lenient_content_type::LenientContentType,
    &security::open_redirect::OpenRedirect,
    &security::page_without_frame_protection::PageWithoutFrameProtection,
    &security::path_traversal::PathTraversal,
    &security::permissive_cors::PermissiveCors,
    &security::server_side_request_forgery::ServerSideRequestForgery,
    &security::sql_injection::SqlInjection,
    &security::stored_media_type::StoredMediaType,
    &security::template_injection::TemplateInjection,
    &security::unchecked_archive_members::UncheckedArchiveMembers,
    &security::unchecked_redirects::UncheckedRedirects,
    &security::unguarded_service_for_every_site::UnguardedServiceForEverySite,
    &security::unsafe_deserialization::UnsafeDeserialization,
    &testing::override_left_behind::OverrideLeftBehind,
    &testing::override_without_effect::OverrideWithoutEffect,
    &testing::removed_client_argument::RemovedClientArgument,
    &testing::test_client_without_lifespan::TestClientWithoutLifespan,
    &validation::body_on_get::BodyOnGet,
    &validation::deprecated_pydantic_api::DeprecatedPydanticApi,
    &validation::exclude_none_in_update::ExcludeNoneInUpdate,
    &validation::json_body_with_form::JsonBodyWithForm,
    &validation::mass_assignment::MassAssignment,
    &validation::none_as_response::NoneAsResponse,
    &validation::null_for_required_column::NullForRequiredColumn,
    &validation::orm_object_without_from_attributes::OrmObjectWithoutFromAttributes,
    &validation::orm_object_without_response_model::OrmObjectWithoutResponseModel,
    &validation::parameter_model_beside_parameters::ParameterModelBesideParameters,
    &validation::partial_update_overwrites::PartialUpdateOverwrites,
    &validation::pydantic_v1_model::PydanticV1Model,
    &validation::refused_parameter::RefusedParameter,
    &validation::sensitive_field_in_response::SensitiveFieldInResponse,
    &validation::text_longer_than_column::TextLongerThanColumn,
    &validation::unbounded_page_size::UnboundedPageSize,
    &validation::unbounded_upload::UnboundedUpload,
    &validation::undeclared_path_parameter::UndeclaredPathParameter,
    &validation::unintended_query_parameters::UnintendedQueryParameters,
    &validation::unintended_required_field::UnintendedRequiredField,
    &validation::validator_without_return::ValidatorWithoutReturn,
];

/// All rules.
pub fn all() -> &'static [&'static dyn Rule] {
    RULES
}

/// The rule with exactly this name.
pub fn by_name(name: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.metadata().name == name)
}

/// The name of the rule that a person may have meant, if one is near.
pub fn nearest_name(name: &str) -> Option<&'static str> {
    nearest(name, RULES.iter().map(|rule| rule.metadata().name))
}

/// The rule name, area or `all` that a person may have meant, if one is near.
pub fn nearest_selector(text: &str) -> Option<&'static str> {
    let areas = Area::ALL.into_iter().map(Area::name);
    nearest(text, RULES.iter().map(|rule| rule.metadata().name).chain(areas).chain(["all"]))
}

fn nearest(text: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let text = text.trim().to_lowercase().replace(['_', ' '], "-");
    names
        .map(|name| (strsim::normalized_damerau_levenshtein(&text, name), name))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted_within_their_area() {
        let order: Vec<(Area, &str)> =
            all().iter().map(|rule| (rule.metadata().area, rule.metadata().name)).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable_by_key(|(area, name)| (area.name(), *name));
        sorted.dedup();
        assert_eq!(order, sorted);
    }

    #[test]
    fn a_slip_of_the_hand_finds_its_rule() {
        assert_eq!(nearest_name("unused_supression"), Some("unused-suppression"));
        assert_eq!(nearest_name("quite-something-else"), None);
        assert_eq!(nearest_selector("autth"), Some("auth"));
    }
}
