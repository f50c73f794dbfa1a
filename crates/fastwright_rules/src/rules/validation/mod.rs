//! Rules of the area `validation`.

pub mod body_on_get;
pub mod deprecated_pydantic_api;
pub mod exclude_none_in_update;
pub mod json_body_with_form;
pub mod mass_assignment;
pub mod none_as_response;
pub mod null_for_required_column;
pub mod orm_object_without_from_attributes;
pub mod orm_object_without_response_model;
pub mod parameter_model_beside_parameters;
pub mod partial_update_overwrites;
pub mod pydantic_v1_model;
pub mod refused_parameter;
pub mod sensitive_field_in_response;
pub mod text_longer_than_column;
pub mod unbounded_page_size;
pub mod unbounded_upload;
pub mod undeclared_path_parameter;
pub mod unintended_query_parameters;
pub mod unintended_required_field;
pub mod validator_without_return;
