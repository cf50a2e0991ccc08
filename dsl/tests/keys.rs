//! The rules of keys and their values as tables.
#![allow(clippy::unwrap_used, clippy::panic)]

mod table;

use table::holds;

#[test]
fn what_a_key_may_be_asked_for() {
    // KEY-7, DIV-20, MASK-3
    let world = r"
        key 'Machine\App' { dacl { allow alice full } }
        ";
    holds(
        world,
        "alice",
        r"
        open key 'Nowhere\At\All' for 0                        => error INVALID_PARAMETER
        open key 'Nowhere\At\All' for SYNCHRONIZE              => error INVALID_PARAMETER
        open key 'Nowhere\At\All' for 0x40                     => error INVALID_PARAMETER
        open key 'Nowhere\At\All' for 0x200000                 => error INVALID_PARAMETER
        open key 'Nowhere\At\All' for read                     => error NOT_FOUND
        open key 'Machine\App' for MAXIMUM_ALLOWED             => granted full
        open key 'Machine\App' for execute
          => granted 0 in kobicha, kacs
          => granted read in windows
        open key 'Machine\App' for full                        => granted full
        open key 'MACHINE/app' for read                        => granted read
        ",
    );
}

#[test]
fn creating_keys() {
    // KEY-2, KEY-10, KEY-12, KEY-13
    let world = r"
        key 'Machine\App' { dacl { allow alice full } }
        key 'Machine\Open' { dacl { allow alice KEY_CREATE_SUB_KEY, KEY_QUERY_VALUE; allow alice read (inherit_dirs) } }
        key 'Machine\Shut' { dacl { allow alice read } }
        ";
    holds(
        world,
        "alice",
        r#"
        create key 'Machine\App' for read                      => granted read
        create key 'Machine\None\Below' for read               => error NOT_FOUND
        create key 'Nowhere' for read                          => error NOT_FOUND
        create key 'Machine\Shut\New' for read                 => denied by no_ace
        // May create, may not open what comes of it: nothing is left behind.
        create key 'Machine\Open\New' for write
          => denied by no_ace in kobicha, kacs
          => granted write in windows
        open key 'Machine\Open\New' for read
          => error NOT_FOUND in kobicha, kacs
          => granted read in windows
        create key 'Machine\Open\Other' for read               => granted read
        create key 'Machine\Open\With' for read with { dacl { allow alice read } }
          => error NOT_SUPPORTED in kobicha, kacs
          => granted read in windows
        k = open key 'Machine\Open' for KEY_QUERY_VALUE        => granted KEY_QUERY_VALUE
        // The present subject is asked at the key above, not the handle.
        create key 'Third' in k for read                       => granted read
        open key 'third' in k for read                         => granted read
        open key 'None' in k for read                          => error NOT_FOUND
        v = create key 'Gone' in k for read (volatile)         => granted read
        query_key v                                            => ok
        create key 'Machine\Open\Gone\Stays' for read          => denied by no_ace
        "#,
    );
    holds(
        "key 'Machine\\App' { dacl { allow alice full (inherit_dirs) } }",
        "alice",
        r"
        v = create key 'Machine\App\V' for full (volatile)     => granted full
        create key 'Stays' in v for read                       => error INVALID_PARAMETER
        create key 'Goes' in v for read (volatile)             => granted read
        ",
    );
}

#[test]
fn nameless_keys() {
    // KEY-17
    let world = r"
        key 'Machine\App' { dacl { allow alice full (inherit_dirs) } }
        key 'Machine\App\Sub' { }
        key 'Machine\App\Sub\Deep' { }
        ";
    holds(
        world,
        "alice",
        r#"
        m = open key 'Machine\App' for read                    => granted
        delete m                                               => denied by handle
        k = open key 'Machine\App\Sub' for full                => granted full
        delete k                                               => error NOT_EMPTY
        d = open key 'Machine\App\Sub\Deep' for DELETE         => granted
        delete d                                               => ok
        delete k                                               => ok
        set k "Port" = 8080                                    => ok
        query k "Port"                                         => ok
        query_security k                                       => ok
        query_key k                                            => ok
        create key 'New' in k for read                         => error NOT_FOUND
        open key 'Deep' in k for read                          => error NOT_FOUND
        delete k                                               => error NOT_FOUND
        open key 'Machine\App\Sub' for read                    => error NOT_FOUND
        n = create key 'Machine\App\Sub' for full              => granted full
        query n "Port"                                         => error NOT_FOUND
        query k "Port"                                         => ok
        set_security k { label low no_write_up }               => error INVALID_PARAMETER
        set_security k { owner bob }                           => error INVALID_OWNER
        "#,
    );
    holds(
        "",
        "SYSTEM",
        "h = open key 'Machine' for full => granted full\ndelete h => error INVALID_PARAMETER",
    );
}

#[test]
fn values_and_enumeration() {
    // KEY-2, KEY-4, KEY-6, KEY-15, KEY-16
    let world = r#"
        key 'Machine\App' {
            dacl { allow alice full }
            value "Port" = 8080
            value "" = "default"
        }
        key 'Machine\App\straße' { }
        key 'Machine\App\ONE' { }
        "#;
    holds(
        world,
        "alice",
        r#"
        k = open key 'Machine\App' for read, write             => granted
        query k "PORT"                                         => ok
        query k ""                                             => ok
        query k "none"                                         => error NOT_FOUND
        delete_value k "none"                                  => ok
        set k "q" = 8589934592 (qword)                         => ok
        set k "b" = 1 (dword_be)                               => ok
        set k "x" = "%PATH%" (expand_sz)                       => ok
        set k "raw" = "00ff" (binary)                          => ok
        set k "n" = "" (none)                                  => ok
        set k "r" = "00" (resource_list)                       => ok
        set k "eleven" = "00" (12)                             => error INVALID_PARAMETER
        set k "many" = ["a", "b"]                              => ok
        enumerate k                                            => ok
        enumerate k (values)                                   => ok
        enumerate k 0                                          => ok
        enumerate k 2                                          => error NOT_FOUND
        open key 'Machine\App\STRAßE' for read                 => denied
        narrow = open key 'Machine\App' for KEY_QUERY_VALUE    => granted
        enumerate narrow                                       => denied by handle
        enumerate narrow (values)                              => ok
        set narrow "x" = 1                                     => denied by handle
        query_key narrow                                       => denied by handle
        "#,
    );
}
