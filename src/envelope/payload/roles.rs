//! What few records tell beside their message: a request, a process or thread, a pod or host, a stack.
//!
//! Most records have none of it, and would be asked for each name in vain. So each key of a record is looked up once, and what no key stands
//! for is not asked for. A role must be allowed to every key under which it would be found, be it the first part of a dotted name.

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::model::Bytewise;

/// Where a record keeps the id of its request.
pub(super) const REQUESTS: [&str; 11] = [
    "reqId",
    "req_id",
    "request_id",
    "requestId",
    "req.id",
    "awsRequestId",
    "aws_request_id",
    "function_request_id",
    "http.request_id",
    "http.request.id",
    "RequestId",
];
/// Where it keeps the number of its process.
pub(super) const PROCESSES: [&str; 4] = ["pid", "process.pid", "process.id", "process"];
/// Where it keeps the name of its process or thread.
pub(super) const THREADS: [&str; 5] = ["processName", "threadName", "thread_name", "thread.name", "thread"];
/// Where it keeps its pod.
pub(super) const PODS: [&str; 6] =
    ["kubernetes.pod_name", "kubernetes.pod.name", "k8s.pod.name", "pod_name", "podName", "pod"];
/// Where it keeps its host. In GELF records that is `host` as well, which `short_message` shows.
pub(super) const HOSTS: [&str; 7] =
    ["hostname", "host.name", "host.hostname", "container.name", "container_name", GELF, "host"];
/// The key that GELF records have.
pub(super) const GELF: &str = "short_message";

/// Where a record keeps a stack as text or lines, most telling first. The last ones count only if they look like one.
pub(super) const STACKS: [&str; 23] = [
    "stack_trace",
    "exc_info",
    "exception",
    "error_stack",
    "stack",
    "stacktrace",
    "stackTrace",
    "errorVerbose",
    "exc_text",
    "traceback",
    "@x",
    "Exception",
    "full_message",
    "trace",
    "error",
    "err",
    "error_verbose",
    "tb",
    "text",
    "message",
    "msg",
    "log",
    "panic",
];
/// Where it keeps its time.
pub(super) const TIMES: [&str; 13] = [
    "timestamp",
    "time",
    "ts",
    "@timestamp",
    "@t",
    "asctime",
    "datetime",
    "Timestamp",
    "date",
    "eventTime",
    "t",
    "created",
    "_time",
];
/// Keys of records that are not read as most are.
const FORMS: [&str; 2] = ["errorType", "resourceLogs"];
/// Those of them under which nearly every record has a message.
pub(super) const SPOKEN: [&str; 4] = ["text", "message", "msg", "log"];

/// A thing that few records tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Request = 1,
    Worker = 2,
    Stream = 4,
    /// A stack, in a field that is not the message.
    Stack = 8,
    /// When it was written.
    Time = 16,
    /// That it is read in a way of its own.
    Form = 32,
}

/// The roles that a record with this key may tell, as the sum of their numbers.
pub(super) fn of(key: &str) -> u8 {
    static ROLES: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
        let mut roles = HashMap::new();
        for (names, role) in [
            (REQUESTS.as_slice(), Role::Request),
            (&PROCESSES, Role::Worker),
            (&THREADS, Role::Worker),
            (&PODS, Role::Stream),
            (&HOSTS, Role::Stream),
            (&STACKS, Role::Stack),
            (&TIMES, Role::Time),
            (&FORMS, Role::Form),
        ] {
            let spoken = |name: &&&str| role == Role::Stack && SPOKEN.contains(*name);
            let names = names.iter().filter(|name| !spoken(name));
            for name in names.flat_map(|name| [*name, name.before(b'.')]) {
                *roles.entry(name).or_insert(0) |= role as u8;
            }
        }
        roles
    });
    ROLES.get(key).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_roles_of_the_names_it_begins() {
        let all = [Role::Request, Role::Worker, Role::Stream, Role::Stack];
        let roles = |key: &str| all.map(|role| of(key) & role as u8 != 0);
        assert_eq!(roles("http"), [true, false, false, false]);
        assert_eq!(roles("process"), [false, true, false, false]);
        assert_eq!(roles("k8s"), [false, false, true, false]);
        assert_eq!(roles("panic"), [false, false, false, true]);
        assert_eq!(roles("msg"), [false; 4]);
    }
}
