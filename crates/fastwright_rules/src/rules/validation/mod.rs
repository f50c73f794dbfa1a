//! Rules of the area `validation`.

pub mod body_on_get;
pub mod deprecated_pydantic_api;
pub mod json_body_with_form;
pub mod mass_assignment;
pub mod orm_object_without_from_attributes;
pub mod orm_object_without_response_model;
pub mod partial_update_overwrites;
pub mod sensitive_field_in_response;
pub mod unbounded_page_size;
pub mod undeclared_path_parameter;
pub mod unintended_query_parameters;
pub mod unintended_required_field;
pub mod validator_without_return;
