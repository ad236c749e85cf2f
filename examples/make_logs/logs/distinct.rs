//! Errors that all read differently: what a collection of messages must survive. About one in a KiB.

use super::dense;
use super::pen::{Pen, Template};

const ERRORS: &[&str] = &[
    "%{py} ERROR sync.%{word}: tenant %{name} rejected document %{uuid}: schema %{word} expects %{word}",
    "%{py} ERROR export.%{word}: cannot move %{name}.csv to %{word} after %{ms} ms",
    r#"{"level":"error","time":"%{iso}","logger":"%{word}","msg":"rule %{name} broke on field %{word}","id":"%{uuid}"}"#,
    r#"{"level":"error","time":"%{iso}","logger":"pricing","msg":"no price for %{name} in region %{word}","sku":"%{hex16}"}"#,
    r#"ts=%{iso} level=error component=%{word} msg="plan %{name} is not valid" plan_id=%{hex16} tenant=%{word}"#,
    "%{spring} ERROR 1 --- [nio-8080-exec-%{digit}] c.a.%{word}.Importer                     : feed %{name} ended early at row %{id} (%{hex16})",
    "[%{iso}] ERROR (%{word}/17): mailbox %{name} bounced message %{uuid}",
    "%{py} ERROR thumbs: picture %{hex16} of album %{name} has no %{word} channel",
];

/// With a traceback below it.
const TRACED: &str = "%{py} ERROR jobs.%{word}: job %{uuid} on %{name} failed\n";

const LINES: &[&str] = &[
    "%{py} INFO sync.%{word}: tenant %{name} has %{ms} documents",
    r#"{"level":"info","time":"%{iso}","logger":"pricing","msg":"priced %{name}","took_ms":%{ms}}"#,
    "%{spring}  INFO 1 --- [nio-8080-exec-%{digit}] c.a.orders.OrderController               : order %{id} accepted in %{ms} ms",
];

/// An error, sometimes with a traceback, and some lines of everyday work.
pub(super) fn distinct() -> impl FnMut(&mut Pen) {
    let (errors, lines, traced) = (Template::lines(ERRORS), Template::lines(LINES), Template::new(TRACED));
    let traces = dense::python_traces();
    move |pen| {
        pen.wait(4);
        if pen.rng.u8(..8) == 0 {
            pen.fill(&traced);
            let trace = pen.any(&traces);
            pen.fill(trace);
        } else {
            let error = pen.any(&errors);
            pen.fill(error);
        }
        for _ in 0..pen.rng.u8(3..9) {
            pen.wait(4);
            let line = pen.any(&lines);
            pen.fill(line);
        }
    }
}
