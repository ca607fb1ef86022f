//! The APIs that this installation speaks: its own and the five vendors'. One closed list, which keys, webhook
//! endpoints and routes refer to.

/// An API and its manners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Our own.
    #[default]
    Native,
    /// VoiceB click-to-call.
    VoiceB,
    /// Voicing AI.
    Voicing,
    /// Klen AI.
    Klen,
    /// Vonage AI Studio.
    Vonage,
    /// Voxpria.
    Voxpria,
}

impl Dialect {
    /// All of them, our own first.
    pub const ALL: &'static [Self] =
        &[Self::Native, Self::VoiceB, Self::Voicing, Self::Klen, Self::Vonage, Self::Voxpria];

    /// Lower-case name: in provisioning, on the command line, as path prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::VoiceB => "voiceb",
            Self::Voicing => "voicing",
            Self::Klen => "klen",
            Self::Vonage => "vonage",
            Self::Voxpria => "voxpria",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dialect| dialect.as_str() == text)
    }
}
