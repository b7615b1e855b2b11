//! Services, messages and enums as Markdown, from the descriptors and the comments in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

/// Field numbers of descriptor.proto: the way to an element in `SourceCodeInfo.Location.path`.
const FILE_PACKAGE: i32 = 2;
const FILE_MESSAGE: i32 = 4;
const FILE_ENUM: i32 = 5;
const FILE_SERVICE: i32 = 6;
const MESSAGE_FIELD: i32 = 2;
const ENUM_VALUE: i32 = 2;
const SERVICE_METHOD: i32 = 2;

pub struct Interfaces {
    files: Vec<File>,
}

pub struct File {
    descriptor: FileDescriptorProto,
    comments: BTreeMap<Vec<i32>, String>,
}

impl Interfaces {
    pub fn of_chit() -> anyhow::Result<Self> {
        let set = FileDescriptorSet::decode(chit_proto::FILE_DESCRIPTOR_SET)?;
        let ours = set.file.into_iter().filter(|file| file.package().starts_with("chit."));
        let mut files: Vec<File> = ours.map(File::new).collect();
        files.sort_by_key(|file| (!file.package().starts_with("chit.checkout."), file.name().to_owned()));
        Ok(Self { files })
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub fn write(&self, page: &mut String) -> anyhow::Result<()> {
        for file in &self.files {
            file.write(page)?;
        }
        Ok(())
    }
}

impl File {
    fn new(descriptor: FileDescriptorProto) -> Self {
        let locations = descriptor.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations
            .filter_map(|location| Some((location.path.clone(), location.leading_comments.clone()?)))
            .collect();
        Self { descriptor, comments }
    }

    pub fn name(&self) -> &str {
        self.descriptor.name()
    }

    pub fn package(&self) -> &str {
        self.descriptor.package()
    }

    /// The comment above `package`.
    pub fn introduction(&self) -> &str {
        self.comments.get(&vec![FILE_PACKAGE]).map_or("", String::as_str)
    }

    pub fn has_services(&self) -> bool {
        !self.descriptor.service.is_empty()
    }

    /// One line: table cells hold no more.
    fn comment(&self, path: &[i32]) -> String {
        let text = self.comments.get(path).map_or("", String::as_str);
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
    }

    fn write(&self, page: &mut String) -> anyhow::Result<()> {
        writeln!(page, "\n## {}\n", self.name())?;
        let introduction = self.introduction().split("Errors carry").next().unwrap_or_default().trim();
        for line in introduction.lines() {
            writeln!(page, "{}", line.trim())?;
        }
        for (service, at) in self.descriptor.service.iter().zip(0..) {
            self.service(page, service, at)?;
        }
        for (message, at) in self.descriptor.message_type.iter().zip(0..) {
            self.message(page, message, at)?;
        }
        for (listed, at) in self.descriptor.enum_type.iter().zip(0..) {
            self.listing(page, listed, at)?;
        }
        Ok(())
    }

    fn service(&self, page: &mut String, service: &ServiceDescriptorProto, at: i32) -> anyhow::Result<()> {
        writeln!(page, "\n### Service {}\n", service.name())?;
        writeln!(page, "`{}.{}`: {}\n", self.package(), service.name(), self.comment(&[FILE_SERVICE, at]))?;
        page.push_str("| call | request | answer | |\n|---|---|---|---|\n");
        for (method, nth) in service.method.iter().zip(0..) {
            let stream = |is: bool| if is { "stream " } else { "" };
            writeln!(
                page,
                "| `{}` | {}{} | {}{} | {} |",
                method.name(),
                stream(method.client_streaming()),
                short(method.input_type()),
                stream(method.server_streaming()),
                short(method.output_type()),
                self.comment(&[FILE_SERVICE, at, SERVICE_METHOD, nth])
            )?;
        }
        Ok(())
    }

    fn message(&self, page: &mut String, message: &DescriptorProto, at: i32) -> anyhow::Result<()> {
        writeln!(page, "\n### {}\n\n{}", message.name(), self.comment(&[FILE_MESSAGE, at]))?;
        if message.field.is_empty() {
            return Ok(());
        }
        page.push_str("\n| field | type | |\n|---|---|---|\n");
        for (field, nth) in message.field.iter().zip(0..) {
            let comment = self.comment(&[FILE_MESSAGE, at, MESSAGE_FIELD, nth]);
            let choice = field.oneof_index.filter(|_| !field.proto3_optional());
            let choice = choice.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
            let choice = choice.map_or_else(String::new, |choice| format!("one of `{}`: ", choice.name()));
            writeln!(
                page,
                "| `{}` = {} | {} | {choice}{comment} |",
                field.name(),
                field.number(),
                kind(field)
            )?;
        }
        Ok(())
    }

    fn listing(&self, page: &mut String, listed: &EnumDescriptorProto, at: i32) -> anyhow::Result<()> {
        writeln!(page, "\n### Enum {}\n\n{}\n", listed.name(), self.comment(&[FILE_ENUM, at]))?;
        page.push_str("| value | |\n|---|---|\n");
        for (value, nth) in listed.value.iter().zip(0..) {
            let comment = self.comment(&[FILE_ENUM, at, ENUM_VALUE, nth]);
            writeln!(page, "| `{}` = {} | {comment} |", value.name(), value.number())?;
        }
        Ok(())
    }
}

fn kind(field: &FieldDescriptorProto) -> String {
    let name = match field.r#type() {
        Type::Message | Type::Enum => short(field.type_name()),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    match (field.label(), field.proto3_optional()) {
        (Label::Repeated, _) => format!("repeated {name}"),
        (_, true) => format!("optional {name}"),
        _ => name,
    }
}

/// `.chit.money.v1.Money` → `money.v1.Money`, and without the package for checkout's own.
fn short(name: &str) -> String {
    let name = name.trim_start_matches('.');
    name.strip_prefix("chit.checkout.v1.").or(name.strip_prefix("chit.")).unwrap_or(name).to_owned()
}
