//! How many bytes the parts of a descriptor take in the self-relative form: what the 16-bit sizes must hold (SD-6).
//!
//! Claims are counted in the longer of their two forms (ACE-5).

use super::condition::{Claim, ClaimValues};
use super::{Ace, AceBody, Acl, ObjectGuids, SecurityDescriptor};

/// The most bytes of a descriptor or a list.
pub(crate) const MAX_DESCRIPTOR: usize = 65_535;

/// The most bytes of an entry.
pub(crate) const MAX_ACE: usize = 65_532;

/// The bytes of a descriptor.
pub(crate) fn descriptor(descriptor: &SecurityDescriptor) -> usize {
    let sids: usize =
        [descriptor.owner, descriptor.group].iter().flatten().map(|sid| sid.encoded_len()).sum();
    let lists: usize = [&descriptor.dacl, &descriptor.sacl].into_iter().flatten().map(acl).sum();
    20 + sids + lists
}

/// The bytes of a list.
pub(crate) fn acl(acl: &Acl) -> usize {
    8 + acl.aces.iter().map(ace).sum::<usize>()
}

/// The bytes of an entry.
pub(crate) fn ace(ace: &Ace) -> usize {
    let guids = |guids: &ObjectGuids| {
        4 + 16 * [guids.object_type, guids.inherited_object_type].iter().flatten().count()
    };
    let body = match &ace.body {
        AceBody::Basic => 0,
        AceBody::Attribute(value) => claim(value),
        AceBody::Object(both) => guids(both),
        AceBody::Callback(data) => data.len().next_multiple_of(4),
        AceBody::CallbackObject(both, data) => guids(both) + data.len().next_multiple_of(4),
        AceBody::Unknown(data) => return 4 + data.len().next_multiple_of(4),
    };
    8 + ace.sid.encoded_len() + body
}

fn claim(claim: &Claim) -> usize {
    let text = |text: &str| 2 * (text.encode_utf16().count() + 1);
    let (count, values): (usize, usize) = match &claim.values {
        ClaimValues::Int64(values) => (values.len(), 8 * values.len()),
        ClaimValues::Uint64(values) => (values.len(), 8 * values.len()),
        ClaimValues::Boolean(values) => (values.len(), 8 * values.len()),
        ClaimValues::String(values) => (values.len(), values.iter().map(|value| 4 + text(value)).sum()),
        ClaimValues::Sid(values) => (values.len(), values.iter().map(|value| 4 + value.encoded_len()).sum()),
        ClaimValues::Octet(values) => (values.len(), values.iter().map(|value| 8 + value.len()).sum()),
    };
    (16 + 4 * count + text(&claim.name) + values).next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use crate::model::MODELS;
    use crate::sd::sddl::{self, SddlContext};

    #[test]
    fn what_is_counted_is_what_is_written() {
        // SD-6; claims are padded in between, so their count may fall short by up to 3 bytes a value.
        for (text, values) in [
            ("O:SYG:BAD:(A;;GA;;;WD)(D;;0x1;;;S-1-5-21-1-2-3-4)S:", 0),
            (
                "D:(OA;;GA;bf967aba-0de6-11d0-a285-00aa003049e2;;PS)(OD;;GA;;;PS)(XA;;GA;;;WD;(@User.abc == 1))",
                0,
            ),
            ("S:(ZU;;GA;;bf967aba-0de6-11d0-a285-00aa003049e2;WD;(@User.a == \"xyz\"))(ML;;NW;;;ME)", 0),
            ("S:(RA;;;;;WD;(\"n\",TI,0,1,2,3))(RA;;;;;WD;(\"nn\",TS,0,\"a\",\"bc\"))", 5),
            ("S:(RA;;;;;WD;(\"n\",TD,0,BA,SY))(RA;;;;;WD;(\"nn\",TX,0,#,#0a0b0c))", 4),
        ] {
            for model in MODELS {
                let read = sddl::parse(text, &SddlContext::of(model)).unwrap();
                let written = read.encode(model).unwrap().len();
                let counted = super::descriptor(&read);
                if values == 0 {
                    assert_eq!(counted, written, "{text}");
                } else {
                    assert!(counted + 4 * values >= written && counted <= written + 8 * values, "{text}");
                }
            }
        }
    }
}
