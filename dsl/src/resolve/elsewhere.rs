//! What steps are called in the interface of Windows: whoever writes one of these names is told the step. Nothing is read
//! by these names.

/// A function there, and the step here. A trailing `A`, `W` or `Ex` of a function is left out.
const FUNCTIONS: &[(&str, &str)] = &[
    ("AccessCheck", "access"),
    ("AdjustTokenGroups", "enable group"),
    ("AdjustTokenPrivileges", "enable"),
    ("CloseHandle", "close"),
    ("CreateFile", "open"),
    ("CreateProcess", "spawn"),
    ("CreateProcessAsUser", "spawn P with t"),
    ("CreateRestrictedToken", "restrict"),
    ("DeleteFile", "delete"),
    ("DuplicateToken", "duplicate"),
    ("GetNamedSecurityInfo", "query_security"),
    ("GetSecurityInfo", "query_security"),
    ("ImpersonateAnonymousToken", "impersonate anonymous"),
    ("ImpersonateLoggedOnUser", "impersonate"),
    ("ImpersonateNamedPipeClient", "impersonate"),
    ("LogonUser", "logon"),
    ("MoveFile", "rename"),
    ("OpenProcessToken", "open_token"),
    ("OpenThreadToken", "open_token"),
    ("PrivilegeCheck", "check"),
    ("ReadFile", "read"),
    ("RegCreateKey", "create key"),
    ("RegDeleteKey", "delete"),
    ("RegEnumKey", "enumerate"),
    ("RegOpenKey", "open key"),
    ("RegQueryValue", "query"),
    ("RegSetValue", "set"),
    ("RevertToSelf", "revert"),
    ("RpcImpersonateClient", "impersonate"),
    ("RpcRevertToSelf", "revert"),
    ("SetNamedSecurityInfo", "set_security"),
    ("SetSecurityInfo", "set_security"),
    ("SetThreadToken", "impersonate"),
    ("TerminateProcess", "kill"),
    ("WriteFile", "write"),
    ("whoami", "show"),
];

/// The step that does what a function of Windows does.
pub(super) fn step(name: &str) -> Option<&'static str> {
    let plain = name.strip_suffix(['A', 'W']).unwrap_or(name);
    let plain = plain.strip_suffix("Ex").unwrap_or(plain);
    let named = |wanted: &str| FUNCTIONS.iter().find(|(function, _)| *function == wanted);
    named(name).or_else(|| named(plain)).map(|(_, step)| *step)
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, step};
    use crate::resolve::Verb;

    #[test]
    fn every_function_leads_to_a_step() {
        for (function, words) in FUNCTIONS {
            let verb = words.split(' ').next().unwrap_or_default();
            assert!(Verb::named(verb).is_some(), "{function}: {words}");
        }
        assert_eq!(step("DuplicateTokenEx"), Some("duplicate"));
        assert_eq!(step("RegOpenKeyExW"), Some("open key"));
        assert_eq!(step("impersonates"), None);
    }
}
