//! Text to descriptors, in one pass.
//!
//! Rules SDDL-1 to SDDL-11, W-SDL-2 to W-SDL-4, W-SDL-7.

use std::ops::Range;

use super::{
    Cursor, FILE_CODES, FLAG_CODES, Field, KEY_CODES, NULL_LIST, RIGHT_CODES, SddlContext, SddlError,
    SddlProblem, Section,
};
use crate::ids::Guid;
use crate::model::{AceMasks, AclRevision};
use crate::rights::AccessMask;
use crate::sd::condition::{Claim, ClaimFlags, ClaimValues};
use crate::sd::{
    ACE_TYPES, Ace, AceBody, AceEffect, AceFlags, AceShape, AceTypeRow, Acl, LabelPolicy, ObjectGuids,
    SdControl, SecurityDescriptor, condition_text, condition_wire, size,
};
use crate::sid::{DOMAIN_ALIASES, EVERYONE, MAX_SUB_AUTHORITIES, Sid, WELL_KNOWN};

/// Reads a descriptor.
///
/// # Errors
/// The first thing that is wrong, and where (SDDL-11).
pub fn parse(text: &str, context: &SddlContext) -> Result<SecurityDescriptor, SddlError> {
    parse_given(text, context).map(|(descriptor, _)| descriptor)
}

/// The same, and whether the text gives a DACL: of one that is null the descriptor shows nothing.
///
/// # Errors
/// As [`parse`].
pub fn parse_given(text: &str, context: &SddlContext) -> Result<(SecurityDescriptor, bool), SddlError> {
    let mut reader =
        Reader { cursor: Cursor { text, at: 0 }, context, section: None, ace: None, field: None };
    reader.descriptor().map_err(|error| reader.placed(error))
}

/// Reads a SID or an alias that fills `text` (SDDL-10).
pub(crate) fn sid_of(text: &str, context: &SddlContext) -> Result<Sid, SddlProblem> {
    if let [first @ (b'A'..=b'Z' | b'a'..=b'z'), second @ (b'A'..=b'Z' | b'a'..=b'z')] = text.as_bytes() {
        let alias = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
        if let Some(row) = WELL_KNOWN.iter().find(|row| row.alias.as_bytes() == alias) {
            return Ok(row.sid);
        }
        let row = DOMAIN_ALIASES.iter().find(|row| row.0.as_bytes() == alias).ok_or(SddlProblem::BadSid)?;
        let domain = context.domain.ok_or(SddlProblem::UnresolvedAlias)?;
        return domain.child(row.1).ok_or(SddlProblem::UnresolvedAlias);
    }
    let sid = Sid::parse(text);
    if sid.is_none() && context.dialect.saturate {
        return saturated(text).ok_or(SddlProblem::BadSid);
    }
    sid.ok_or(SddlProblem::BadSid)
}

/// A SID whose parts are cut down to what fits (W-SDL-3).
fn saturated(text: &str) -> Option<Sid> {
    let rest = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-"))?;
    let mut parts = [0; MAX_SUB_AUTHORITIES + 1];
    let mut count = 0;
    for part in rest.split('-') {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *parts.get_mut(count)? = part.parse().unwrap_or(u32::MAX);
        count += 1;
    }
    let (authority, subs) = parts.get(..count)?.split_first()?;
    Sid::new(u64::from(*authority), subs)
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    context: &'a SddlContext,
    section: Option<Section>,
    ace: Option<usize>,
    field: Option<Field>,
}

impl<'a> Reader<'a> {
    fn placed(&self, error: SddlError) -> SddlError {
        SddlError { section: self.section, ace: self.ace, field: self.field, ..error }
    }

    fn descriptor(&mut self) -> Result<(SecurityDescriptor, bool), SddlError> {
        let mut descriptor = SecurityDescriptor::default();
        let mut seen = [false; 4];
        if self.cursor.text.is_empty() && !self.context.dialect.is_nt() {
            return Err(self.cursor.error(SddlProblem::Empty, 0..0));
        }
        while self.cursor.peek().is_some() {
            let start = self.cursor.at;
            let section = self.section_head()?;
            if std::mem::replace(&mut seen[section as usize], true) {
                return Err(self.cursor.error(SddlProblem::DuplicateSection, start..start + 2));
            }
            self.section = Some(section);
            self.blanks();
            match section {
                Section::Owner => descriptor.owner = Some(self.principal()?),
                Section::Group => descriptor.group = Some(self.principal()?),
                Section::Dacl => descriptor.dacl = self.list(section, &mut descriptor.control)?,
                Section::Sacl => descriptor.sacl = self.list(section, &mut descriptor.control)?,
            }
            self.section = None;
        }
        if size::descriptor(&descriptor) > size::MAX_DESCRIPTOR {
            return Err(self.cursor.error(SddlProblem::TooLarge, 0..0));
        }
        Ok((descriptor, seen[Section::Dacl as usize]))
    }

    /// `O:`, `G:`, `D:` or `S:`; the letter is a capital in every dialect.
    fn section_head(&mut self) -> Result<Section, SddlError> {
        for (text, section) in
            [("O:", Section::Owner), ("G:", Section::Group), ("D:", Section::Dacl), ("S:", Section::Sacl)]
        {
            if self.cursor.eat(text) {
                return Ok(section);
            }
        }
        Err(self.cursor.error(SddlProblem::UnknownSection, self.cursor.next_word()))
    }

    /// Blanks where NT tolerates them (W-SDL-2).
    fn blanks(&mut self) {
        if self.context.dialect.is_nt() {
            self.cursor.skip(|byte| byte == b' ');
        }
    }

    /// A SID with another section behind it, whose letter may be a digit of a hexadecimal number as well.
    fn principal(&mut self) -> Result<Sid, SddlError> {
        let start = self.cursor.at;
        if matches!(self.cursor.text.as_bytes().get(start..start + 2), Some([b'S' | b's', b'-'])) {
            self.cursor.at += 2;
            self.cursor.skip(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'x' | b'X'));
            if self.cursor.peek() == Some(b':') {
                self.cursor.at -= 1;
            }
        } else {
            let letters = self.cursor.rest().bytes().take(2).take_while(u8::is_ascii_alphabetic).count();
            self.cursor.at += letters;
        }
        let text = self.cursor.text.get(start..self.cursor.at).unwrap_or_default();
        let sid = sid_of(text, self.context).map_err(|kind| {
            let word = Cursor { at: start, ..self.cursor }.next_word();
            self.cursor.error(kind, if text.is_empty() { word } else { start..self.cursor.at })
        })?;
        self.blanks();
        Ok(sid)
    }

    /// The flags and entries of a list (SDDL-1).
    fn list(&mut self, section: Section, control: &mut SdControl) -> Result<Option<Acl>, SddlError> {
        let dacl = section == Section::Dacl;
        let (protected, requested, inherited) = if dacl {
            (SdControl::DACL_PROTECTED, SdControl::DACL_AUTO_INHERIT_REQ, SdControl::DACL_AUTO_INHERITED)
        } else {
            (SdControl::SACL_PROTECTED, SdControl::SACL_AUTO_INHERIT_REQ, SdControl::SACL_AUTO_INHERITED)
        };
        let start = self.cursor.at;
        if self.eat_word(NULL_LIST) {
            let alone = self.cursor.peek().is_none_or(|next| matches!(next, b'O' | b'G' | b'S' | b'D'));
            if !dacl || !alone {
                return Err(self.cursor.error(SddlProblem::NullList, start..self.cursor.at));
            }
            // NT keeps apart a DACL that was given as NULL and one that was not given (W-SDL-5); it changes no decision.
            control.set(SdControl::DACL_PRESENT, self.context.dialect.is_nt());
            return Ok(None);
        }
        loop {
            // A letter with a colon begins the next section, whatever flag it could be.
            let section_next = self.cursor.text.as_bytes().get(self.cursor.at + 1) == Some(&b':');
            match self.cursor.peek() {
                None | Some(b'(') => break,
                Some(_) if section_next => break,
                Some(_) => {
                    let at = self.cursor.at;
                    if self.eat_word("AR") {
                        *control |= requested;
                    } else if self.eat_word("AI") {
                        *control |= inherited;
                    } else if self.eat_word("P") {
                        *control |= protected;
                    } else {
                        let problem = if self.starts_word(NULL_LIST) {
                            SddlProblem::NullList
                        } else {
                            SddlProblem::UnknownListFlag
                        };
                        let end = self.cursor.next_word().end;
                        return Err(self.cursor.error(problem, at..end));
                    }
                }
            }
        }
        let mut aces = Vec::new();
        let mut bytes = size::acl(&Acl::new(Vec::new()));
        while self.cursor.peek() == Some(b'(') {
            self.ace = Some(aces.len());
            let start = self.cursor.at;
            let ace = self.entry(dacl)?;
            let length = size::ace(&ace);
            bytes += length;
            if length > size::MAX_ACE || bytes > size::MAX_DESCRIPTOR {
                return Err(self.cursor.error(SddlProblem::TooLarge, start..self.cursor.at));
            }
            aces.push(ace);
            self.ace = None;
        }
        Ok(Some(Acl { revision: revision(&aces, self.context), aces }))
    }

    fn starts_word(&self, word: &str) -> bool {
        let rest = self.cursor.text.as_bytes().get(self.cursor.at..self.cursor.at + word.len());
        rest.is_some_and(|rest| same(rest, word, self.context))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let there = self.starts_word(word);
        if there {
            self.cursor.at += word.len();
        }
        there
    }

    /// `(type;flags;rights;guid;guid;sid)`, with a seventh field where the type has one (SDDL-2).
    fn entry(&mut self, dacl: bool) -> Result<Ace, SddlError> {
        let open = self.cursor.at;
        self.cursor.at += 1;
        self.count_fields(open)?;

        let (text, span) = self.field(Field::Type, open)?;
        let row = ACE_TYPES.iter().find(|row| same(text.as_bytes(), row.sddl, self.context));
        let row = row.ok_or_else(|| self.cursor.error(SddlProblem::UnknownType, span.clone()))?;
        let audit = matches!(row.effect, AceEffect::Audit | AceEffect::Alarm);
        if audit && dacl && self.context.dialect.is_nt() {
            return Err(self.cursor.error(SddlProblem::MisplacedType, span));
        }
        self.next(open)?;

        let (text, span) = self.field(Field::Flags, open)?;
        let flags = self.flags(text, &span)?;
        self.next(open)?;

        let (text, span) = self.field(Field::Rights, open)?;
        let mask = self.mask(text, &span, row.effect)?;
        self.next(open)?;

        let object = matches!(row.shape, AceShape::Object | AceShape::CallbackObject);
        let (text, span) = self.field(Field::ObjectGuid, open)?;
        let object_type = self.guid(text, span, object)?;
        self.next(open)?;
        let (text, span) = self.field(Field::InheritedGuid, open)?;
        let inherited_object_type = self.guid(text, span, object)?;
        self.next(open)?;
        let guids = ObjectGuids { object_type, inherited_object_type };

        let (text, span) = self.field(Field::Sid, open)?;
        let text = if self.context.dialect.is_nt() { text.trim_end_matches(' ') } else { text };
        let sid = sid_of(text, self.context).map_err(|kind| self.cursor.error(kind, span.clone()))?;
        if row.shape == AceShape::Attribute && sid != EVERYONE {
            return Err(self.cursor.error(SddlProblem::BadSid, span));
        }

        let body = self.body(row, guids, open)?;
        self.field = None;
        if !self.cursor.eat(")") {
            return Err(self.unclosed(open));
        }
        Ok(Ace { kind: row.value, flags, mask, sid, body })
    }

    /// Too few fields are told first, or each of them would be taken for another.
    fn count_fields(&self, open: usize) -> Result<(), SddlError> {
        let inner = self.cursor.text.as_bytes().get(open + 1..).unwrap_or_default();
        let end = inner.iter().position(|byte| matches!(byte, b'(' | b')'));
        let Some(length) = end.filter(|end| inner.get(*end) == Some(&b')')) else { return Ok(()) };
        let fields = inner.iter().take(length).filter(|byte| **byte == b';').count();
        if fields < 5 {
            Err(self.cursor.error(SddlProblem::FieldCount, open..open + length + 2))
        } else {
            Ok(())
        }
    }

    /// The text of a field, up to what ends it, and its place.
    fn field(&mut self, field: Field, open: usize) -> Result<(&'a str, Range<usize>), SddlError> {
        self.field = Some(field);
        self.blanks();
        let from = self.cursor.at;
        let bytes = self.cursor.text.as_bytes().get(from..).unwrap_or_default();
        let length = bytes.iter().position(|byte| matches!(byte, b';' | b'(' | b')'));
        let Some(length) = length else { return Err(self.unclosed(open)) };
        self.cursor.at = from + length;
        Ok((self.cursor.text.get(from..from + length).unwrap_or_default(), from..from + length))
    }

    /// Passes the semicolon behind one of the first five fields.
    fn next(&mut self, open: usize) -> Result<(), SddlError> {
        if self.cursor.eat(";") {
            return Ok(());
        }
        self.field = None;
        Err(self.cursor.error(SddlProblem::FieldCount, open..self.cursor.at + 1))
    }

    fn unclosed(&mut self, open: usize) -> SddlError {
        self.field = None;
        self.cursor.error(SddlProblem::Unterminated, open..open + 1)
    }

    fn flags(&self, text: &str, span: &Range<usize>) -> Result<AceFlags, SddlError> {
        let mut flags = AceFlags::empty();
        let mut at = 0;
        while at < text.len() {
            let code = text.get(at..at + 2).unwrap_or_default();
            let row = FLAG_CODES.iter().find(|row| same(code.as_bytes(), row.0, self.context));
            let Some(row) = row else {
                return Err(self.cursor.error(SddlProblem::UnknownFlag, pair(text, at, span)));
            };
            flags |= row.1;
            at += 2;
        }
        Ok(flags)
    }

    /// Rights of an entry (SDDL-4, SDDL-5).
    fn mask(&self, text: &str, span: &Range<usize>, effect: AceEffect) -> Result<AccessMask, SddlError> {
        let nt = self.context.dialect.is_nt();
        if effect == AceEffect::Label && !(nt && begins_number(text)) {
            return self.label(text, span);
        }
        let mut mask = 0;
        let mut at = 0;
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            let hex = rest.starts_with("0x") || rest.starts_with("0X");
            if hex || (at == 0 && begins_number(rest)) {
                let number = self.number(rest);
                let span = span.start + at..span.end;
                mask |= number.ok_or_else(|| self.cursor.error(SddlProblem::BadNumber, span))?;
                break;
            }
            let code = text.get(at..at + 2).unwrap_or_default();
            let known = RIGHT_CODES.iter().chain(&FILE_CODES).chain(&KEY_CODES);
            let row = known.into_iter().find(|row| same(code.as_bytes(), row.0, self.context));
            let Some(row) = row else {
                return Err(self.cursor.error(SddlProblem::UnknownRight, pair(text, at, span)));
            };
            mask |= row.1;
            at += 2;
            // One blank between two codes (W-SDL-2).
            if nt && text.as_bytes().get(at) == Some(&b' ') && text.len() > at + 1 {
                at += 1;
            }
        }
        let mask = AccessMask(mask);
        let tested =
            matches!(effect, AceEffect::Allow | AceEffect::Deny | AceEffect::Audit | AceEffect::Alarm);
        if tested
            && self.context.dialect.ace_masks == AceMasks::Tested
            && mask.intersects(AccessMask::RESERVED | AccessMask::MAXIMUM_ALLOWED)
        {
            return Err(self.cursor.error(SddlProblem::ReservedBits, span.clone()));
        }
        Ok(mask)
    }

    fn label(&self, text: &str, span: &Range<usize>) -> Result<AccessMask, SddlError> {
        let mut policy = LabelPolicy::empty();
        let mut at = 0;
        while at < text.len() {
            let code = text.get(at..at + 2).unwrap_or_default().as_bytes();
            policy |= if same(code, "NR", self.context) {
                LabelPolicy::NO_READ_UP
            } else if same(code, "NW", self.context) {
                LabelPolicy::NO_WRITE_UP
            } else if same(code, "NX", self.context) {
                LabelPolicy::NO_EXECUTE_UP
            } else {
                return Err(self.cursor.error(SddlProblem::UnknownRight, pair(text, at, span)));
            };
            at += 2;
        }
        Ok(policy.to_mask(self.context.dialect.label_bits))
    }

    /// A number that fills `text` (SDDL-4, W-SDL-3).
    fn number(&self, text: &str) -> Option<u32> {
        let dialect = self.context.dialect;
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) if dialect.saturate => (true, digits),
            _ => (false, text),
        };
        let (radix, digits) = match digits.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
            [b'0', _, ..] if dialect.is_nt() => (8, digits.get(1..)?),
            _ => (10, digits),
        };
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
            return None;
        }
        match u32::from_str_radix(digits, radix) {
            Ok(number) if negative => Some(number.wrapping_neg()),
            Ok(number) => Some(number),
            Err(_) => dialect.saturate.then_some(u32::MAX),
        }
    }

    fn guid(&self, text: &str, span: Range<usize>, allowed: bool) -> Result<Option<Guid>, SddlError> {
        if text.is_empty() {
            return Ok(None);
        }
        if !allowed {
            return Err(self.cursor.error(SddlProblem::GuidOnPlainType, span));
        }
        match Guid::parse(text) {
            Some(guid) => Ok(Some(guid)),
            None => Err(self.cursor.error(SddlProblem::BadGuid, span)),
        }
    }

    /// The seventh field, if the type has one.
    fn body(&mut self, row: &AceTypeRow, guids: ObjectGuids, open: usize) -> Result<AceBody, SddlError> {
        let plain = match row.shape {
            AceShape::Basic => Some(AceBody::Basic),
            AceShape::Object => Some(AceBody::Object(guids)),
            AceShape::Callback | AceShape::CallbackObject | AceShape::Attribute => None,
        };
        let more = self.cursor.eat(";");
        match plain {
            Some(_) if more => {
                let end = self.cursor.at;
                self.field = None;
                return Err(self.cursor.error(SddlProblem::UnexpectedPayload, end - 1..end));
            }
            Some(body) => return Ok(body),
            None => {}
        }
        self.field = Some(Field::Payload);
        if !more {
            self.field = None;
            return Err(self.cursor.error(SddlProblem::MissingPayload, open..self.cursor.at + 1));
        }
        self.blanks();
        let start = self.cursor.at;
        if !self.cursor.eat("(") {
            return Err(if self.cursor.peek().is_none() {
                self.unclosed(open)
            } else {
                self.cursor.error(SddlProblem::MissingPayload, self.cursor.next_word())
            });
        }
        let body = match row.shape {
            AceShape::Attribute => AceBody::Attribute(self.claim()?),
            shape => {
                let condition = condition_text::read(&mut self.cursor, self.context)?;
                let bytes = condition_wire::encode(&condition);
                if shape == AceShape::Callback {
                    AceBody::Callback(bytes)
                } else {
                    AceBody::CallbackObject(guids, bytes)
                }
            }
        };
        self.cursor.skip_space();
        if !self.cursor.eat(")") {
            return Err(if self.cursor.peek().is_none() {
                self.cursor.error(SddlProblem::Unterminated, start..start + 1)
            } else {
                self.payload_problem("`)`")
            });
        }
        self.blanks();
        Ok(body)
    }

    fn payload_problem(&self, wanted: &'static str) -> SddlError {
        self.cursor.error(SddlProblem::BadClaim(wanted), self.cursor.next_word())
    }

    /// `"Name",TS,0x0,"a","b"` (SDDL-8).
    fn claim(&mut self) -> Result<Claim, SddlError> {
        self.cursor.skip_space();
        let name = self.claim_text("the name in quotation marks")?;
        self.comma()?;
        let kind = self.cursor.skip(|byte| byte.is_ascii_alphabetic());
        let kind_span = self.cursor.at - kind.len()..self.cursor.at;
        self.comma()?;
        let at = self.cursor.at;
        let digits = self.cursor.skip(|byte| byte.is_ascii_alphanumeric());
        let flags = self.number(digits).ok_or_else(|| {
            let span = if digits.is_empty() { self.cursor.next_word() } else { at..self.cursor.at };
            self.cursor.error(SddlProblem::BadClaim("the flags as a number"), span)
        })?;
        let is = |code: &str| same(kind.as_bytes(), code, self.context);
        let values = if is("TI") {
            ClaimValues::Int64(self.values(Reader::claim_integer)?)
        } else if is("TU") {
            ClaimValues::Uint64(self.values(Reader::claim_integer)?)
        } else if is("TS") {
            ClaimValues::String(self.values(|reader| reader.claim_text("a string in quotation marks"))?)
        } else if is("TD") {
            ClaimValues::Sid(self.values(Reader::claim_sid)?)
        } else if is("TX") {
            ClaimValues::Octet(self.values(Reader::claim_octets)?)
        } else if is("TB") {
            ClaimValues::Boolean(self.values(Reader::claim_boolean)?)
        } else {
            let wanted = "a type: TI, TU, TS, TD, TX or TB";
            let span = if kind.is_empty() { self.cursor.next_word() } else { kind_span };
            return Err(self.cursor.error(SddlProblem::BadClaim(wanted), span));
        };
        Ok(Claim { name, flags: ClaimFlags::from_bits_retain(flags), values })
    }

    fn comma(&mut self) -> Result<(), SddlError> {
        self.cursor.skip_space();
        if !self.cursor.eat(",") {
            return Err(self.payload_problem("`,`"));
        }
        self.cursor.skip_space();
        Ok(())
    }

    /// Values, each with a comma in front, up to the parenthesis.
    fn values<T>(&mut self, value: impl Fn(&mut Self) -> Result<T, SddlError>) -> Result<Vec<T>, SddlError> {
        let mut values = Vec::new();
        loop {
            self.cursor.skip_space();
            if matches!(self.cursor.peek(), None | Some(b')')) {
                return Ok(values);
            }
            self.comma()?;
            values.push(value(self)?);
        }
    }

    /// A string; a NUL would end it in the binary form.
    fn claim_text(&mut self, wanted: &'static str) -> Result<String, SddlError> {
        let start = self.cursor.at;
        match self.cursor.quoted() {
            Some(text) if !text.contains('\0') => Ok(text.to_owned()),
            Some(_) => {
                Err(self.cursor.error(SddlProblem::BadClaim("text without NUL"), start..self.cursor.at))
            }
            None => Err(self.payload_problem(wanted)),
        }
    }

    fn claim_integer<T: TryFrom<i128>>(&mut self) -> Result<T, SddlError> {
        let start = self.cursor.at;
        match self.cursor.integer() {
            Some(Ok(number)) => T::try_from(number.value).map_err(|_| {
                let wanted = SddlProblem::BadClaim("a number of 64 bits that the type can hold");
                self.cursor.error(wanted, start..self.cursor.at)
            }),
            Some(Err(span)) => Err(self.cursor.error(SddlProblem::BadClaim("a number"), span)),
            None => Err(self.payload_problem("a number")),
        }
    }

    fn claim_boolean(&mut self) -> Result<bool, SddlError> {
        let start = self.cursor.at;
        match self.claim_integer::<i64>()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.cursor.error(SddlProblem::BadClaim("0 or 1"), start..self.cursor.at)),
        }
    }

    fn claim_octets(&mut self) -> Result<Vec<u8>, SddlError> {
        let start = self.cursor.at;
        self.cursor.octets().ok_or_else(|| {
            let wanted = SddlProblem::BadClaim("`#` and pairs of hexadecimal digits");
            let span = if self.cursor.at > start { start..self.cursor.at } else { self.cursor.next_word() };
            self.cursor.error(wanted, span)
        })
    }

    /// `SID(BA)`, or the SID alone.
    fn claim_sid(&mut self) -> Result<Sid, SddlError> {
        let wrapped = self.cursor.rest().get(..4).is_some_and(|text| text.eq_ignore_ascii_case("SID("));
        if wrapped {
            self.cursor.at += 4;
            self.cursor.skip_space();
        }
        let start = self.cursor.at;
        let text = self.cursor.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let sid = sid_of(text, self.context).map_err(|kind| {
            let span = if text.is_empty() { self.cursor.next_word() } else { start..self.cursor.at };
            self.cursor.error(kind, span)
        })?;
        if wrapped {
            self.cursor.skip_space();
            if !self.cursor.eat(")") {
                return Err(self.payload_problem("`)`"));
            }
        }
        Ok(sid)
    }
}

/// Whether a text is this word: in any case where NT's text is read (W-SDL-2).
fn same(text: &[u8], word: &str, context: &SddlContext) -> bool {
    if context.dialect.is_nt() { text.eq_ignore_ascii_case(word.as_bytes()) } else { text == word.as_bytes() }
}

fn begins_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
}

/// The place of the code at `at` of a field, up to whole characters.
fn pair(text: &str, at: usize, span: &Range<usize>) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    let length: usize = rest.chars().take(2).map(char::len_utf8).sum();
    span.start + at..span.start + at + length
}

/// The revision that a list of these entries is written with (ACL-3, W-OBJ-4).
fn revision(aces: &[Ace], context: &SddlContext) -> u8 {
    let newer = |ace: &Ace| match &ace.body {
        AceBody::Object(_) | AceBody::CallbackObject(..) => true,
        AceBody::Callback(_) => context.dialect.acl_revision == AclRevision::ObjectsAndConditions,
        AceBody::Basic | AceBody::Attribute(_) | AceBody::Unknown(_) => false,
    };
    if aces.iter().any(newer) { 4 } else { 2 }
}
