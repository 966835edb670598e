//! Code page 24, `RightsManagement`: rights-managed e-mail.
//!
//! Source: MS-ASWBXML, "Code Page 24: `RightsManagement`".

use super::code_page;

code_page! {
    24, "RightsManagement" {
        0x05 => RIGHTS_MANAGEMENT_SUPPORT = "RightsManagementSupport", SINCE_14_1, Bool;
        0x06 => RIGHTS_MANAGEMENT_TEMPLATES = "RightsManagementTemplates", SINCE_14_1, Container;
        0x07 => RIGHTS_MANAGEMENT_TEMPLATE = "RightsManagementTemplate", SINCE_14_1, Container;
        0x08 => RIGHTS_MANAGEMENT_LICENSE = "RightsManagementLicense", SINCE_14_1, Container;
        0x09 => EDIT_ALLOWED = "EditAllowed", SINCE_14_1, Bool;
        0x0A => REPLY_ALLOWED = "ReplyAllowed", SINCE_14_1, Bool;
        0x0B => REPLY_ALL_ALLOWED = "ReplyAllAllowed", SINCE_14_1, Bool;
        0x0C => FORWARD_ALLOWED = "ForwardAllowed", SINCE_14_1, Bool;
        0x0D => MODIFY_RECIPIENTS_ALLOWED = "ModifyRecipientsAllowed", SINCE_14_1, Bool;
        0x0E => EXTRACT_ALLOWED = "ExtractAllowed", SINCE_14_1, Bool;
        0x0F => PRINT_ALLOWED = "PrintAllowed", SINCE_14_1, Bool;
        0x10 => EXPORT_ALLOWED = "ExportAllowed", SINCE_14_1, Bool;
        0x11 => PROGRAMMATIC_ACCESS_ALLOWED = "ProgrammaticAccessAllowed", SINCE_14_1, Bool;
        0x12 => OWNER = "Owner", SINCE_14_1, Bool;
        0x13 => CONTENT_EXPIRY_DATE = "ContentExpiryDate", SINCE_14_1, DateTime;
        0x14 => TEMPLATE_ID = "TemplateID", SINCE_14_1, Text;
        0x15 => TEMPLATE_NAME = "TemplateName", SINCE_14_1, Text;
        0x16 => TEMPLATE_DESCRIPTION = "TemplateDescription", SINCE_14_1, Text;
        0x17 => CONTENT_OWNER = "ContentOwner", SINCE_14_1, Text;
        0x18 => REMOVE_RIGHTS_MANAGEMENT_PROTECTION = "RemoveRightsManagementProtection", SINCE_14_1, Empty;
    }
}
