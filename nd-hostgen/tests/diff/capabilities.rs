//@ old capabilities/gone.rs
#[capability(name = "gone", since = "0.1.0")]
pub trait Gone {
    #[export(name = "nd_gone")]
    fn on_gone();
}
//@ old capabilities/subset.rs
#[capability(name = "subset", since = "0.1.0")]
pub trait Subset {
    #[export(name = "nd_subset_one")]
    fn on_one();
    #[export(name = "nd_subset_two")]
    fn on_two();
}
//@ old capabilities/whole.rs
#[capability(name = "whole", required, since = "0.1.0")]
pub trait Whole {
    #[export(name = "nd_whole_kept")]
    fn kept();
    #[export(name = "nd_whole_lost")]
    fn lost();
}
//@ old capabilities/other.rs
#[capability(name = "other", since = "0.1.0")]
pub trait Other {
    #[export(name = "nd_other_name")]
    fn renamed();
    #[export(name = "nd_other_lost")]
    fn lost(req: Query) -> bool;
    #[export(name = "nd_other_input_now")]
    fn input_now();
    #[export(name = "nd_other_input_no_more")]
    fn input_no_more(req: Query);
    #[export(name = "nd_other_output_now")]
    fn output_now();
    #[export(name = "nd_other_output_no_more")]
    fn output_no_more() -> Query;
    #[export(name = "nd_other_text_now")]
    fn text_now();
    #[export(name = "nd_other_text_no_more")]
    fn text_no_more() -> String;
    #[export(name = "nd_other_output_changed")]
    fn output_changed() -> i32;
}
pub struct Query {
    pub id: String,
}
//@ new capabilities/subset.rs
#[capability(name = "subset", required, since = "0.1.0")]
pub trait Subset {
    #[export(name = "nd_subset_one")]
    fn on_one();
    #[export(name = "nd_subset_two")]
    fn on_two();
}
//@ new capabilities/whole.rs
#[capability(name = "whole", since = "0.1.0")]
pub trait Whole {
    #[export(name = "nd_whole_kept")]
    fn kept();
    #[export(name = "nd_whole_won")]
    fn won();
}
//@ new capabilities/other.rs
#[capability(name = "other", since = "0.1.0")]
pub trait Other {
    #[export(name = "nd_other_new_name")]
    fn renamed();
    #[export(name = "nd_other_input_now")]
    fn input_now(req: Query);
    #[export(name = "nd_other_input_no_more")]
    fn input_no_more();
    #[export(name = "nd_other_output_now")]
    fn output_now() -> Query;
    #[export(name = "nd_other_output_no_more")]
    fn output_no_more();
    #[export(name = "nd_other_text_now")]
    fn text_now() -> String;
    #[export(name = "nd_other_text_no_more")]
    fn text_no_more();
    #[export(name = "nd_other_output_changed")]
    fn output_changed() -> i64;
}
pub struct Query {
    pub id: String,
}
//@ new capabilities/fresh.rs
#[capability(name = "fresh", since = "0.2.0")]
pub trait Fresh {
    #[export(name = "nd_fresh")]
    fn on_fresh(req: Query) -> bool;
}
pub struct Query {
    pub id: String,
}
