//! Prints the routes of a project, a line each: `cargo run -p fastwright_model --example routes PATH [APP]`.
#![allow(clippy::print_stdout, reason = "it is a demonstration of the library")]

use fastwright_model::analysis::{AnalysisOptions, analyse, with_large_stack};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| ".".to_owned());
    let options = AnalysisOptions { apps: arguments.collect(), ..AnalysisOptions::default() };
    with_large_stack(|| match analyse(path.as_ref(), &options) {
        Ok(analysis) => {
            for app in &analysis.apps {
                println!("{}", app.locator);
                for route in &app.routes {
                    println!("  {} {} {}", route.methods.join(","), route.path, route.handler);
                }
                for undecided in &app.undecided {
                    let place = undecided.location.map(|location| analysis.files.display(location));
                    println!("  ? {} ({})", undecided.reason, place.unwrap_or_default());
                }
            }
            for undecided in &analysis.undecided {
                let place = undecided.location.map(|location| analysis.files.display(location));
                println!("? {} ({})", undecided.reason, place.unwrap_or_default());
            }
            for problem in &analysis.problems {
                println!("! {} {} {:?}", problem.path, problem.message, problem.position);
            }
        }
        Err(error) => println!("{error}"),
    });
}
