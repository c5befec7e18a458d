"""What is stored: typed, one file per aggregate. Importing this package loads every table."""

from helpdesk.models.account import GRANTED, Account, CompanyPart, Grant, Role
from helpdesk.models.activity import RECORDING, Activity, ActivityAct, ActivityKind, ActivityState, ActivityStep
from helpdesk.models.article import Article, ArticleFeedback, ArticleState, ArticleVersion
from helpdesk.models.attachment import Attachment, FileCheck, Scan
from helpdesk.models.bulk_run import BulkAct, BulkRun
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.case import (
    Answer,
    Case,
    Channel,
    Consent,
    ContactAttempt,
    Feedback,
    Meeting,
    Offer,
    OfferKind,
    OfferStatus,
    Outcome,
    Review,
    Status,
    Transfer,
    TransferStatus,
    Urgency,
    WaitingOn,
)
from helpdesk.models.case_link import CaseLink, LinkKind
from helpdesk.models.category import Category, Topic
from helpdesk.models.certificate import Certificate
from helpdesk.models.commendation import (
    Assessment,
    Award,
    CommendationEvent,
    Cycle,
    CycleState,
    Nomination,
    NominationState,
    Objection,
    Publicity,
    Recommendation,
)
from helpdesk.models.company import Company, SizeClass
from helpdesk.models.complaint import (
    Complaint,
    ComplaintAbout,
    ComplaintAct,
    ComplaintLevel,
    ComplaintOutcome,
    ComplaintRule,
    ComplaintState,
    ComplaintStep,
)
from helpdesk.models.correction import Correction, CorrectionState
from helpdesk.models.deadline import (
    CalendarDay,
    CalendarLoad,
    CalendarYear,
    Clock,
    Escalation,
    Pause,
    PromiseTarget,
    StationHours,
    TargetVersion,
)
from helpdesk.models.dossier_correction import DossierCorrection
from helpdesk.models.event import Access, Event, Notice
from helpdesk.models.expert import Conflict, Expert, ExpertStatus, Skill
from helpdesk.models.expert_person import ExpertPerson, IdentityKind, Sex
from helpdesk.models.honour import Honour, HonourState
from helpdesk.models.hours import ConfirmedBy, EntryKind, HoursEntry
from helpdesk.models.incoming import Incoming, IncomingKind, IncomingStatus, MailboxState
from helpdesk.models.invitation import Invitation
from helpdesk.models.job import Beat, Counter, Job, JobStatus, Throttle
from helpdesk.models.keeping import Erasure, KeepingRule
from helpdesk.models.ledger_check import LedgerCheck
from helpdesk.models.mail import Act, ActLink, Address, Mail, MailKind, MailStatus, MailWish
from helpdesk.models.message import Mention, Message, Note, Side
from helpdesk.models.national_sync import NationalSync, SyncState
from helpdesk.models.network import Corps, Detachment, DetachmentKind, District, OfferMode, Station, StationKind
from helpdesk.models.news_channel import ChannelKind, News, NewsChannel, SendStatus
from helpdesk.models.outage import Outage
from helpdesk.models.paper import Paper, PaperStatus, SigningCertificate
from helpdesk.models.print_run import LeftOut, PrintRun, PrintRunItem, PrintRunState
from helpdesk.models.record_import import ImportedRecord, ImportedStatus, RecordExport, RecordImport
from helpdesk.models.record_term import Evaluation, RecordTerm
from helpdesk.models.routing import CaseTag, ExpertTeam, RoutingEntry, RoutingRule, TeamMember
from helpdesk.models.scheme import Route, Scheme, SchemeKind, SchemeVersion, Subject
from helpdesk.models.series import Series, SeriesCase, SeriesState, SeriesUnit, SeriesWhy
from helpdesk.models.statement import Statement
from helpdesk.models.table_import import EntryState, ImportedEntry, TableImport, TableKind, TableUpload
from helpdesk.models.tally import Tally
from helpdesk.models.training import Training
from helpdesk.models.visit import COUNTS, Visit, VisitStatus
from helpdesk.models.webhook import Webhook, WebhookDelivery
from helpdesk.models.workspace import Box, Follow, Presence, SavedView, Unsent

__all__ = [
    "COUNTS",
    "GRANTED",
    "RECORDING",
    "Access",
    "Account",
    "Act",
    "ActLink",
    "Activity",
    "ActivityAct",
    "ActivityKind",
    "ActivityState",
    "ActivityStep",
    "Address",
    "Answer",
    "Article",
    "ArticleFeedback",
    "ArticleState",
    "ArticleVersion",
    "Assessment",
    "Attachment",
    "Award",
    "Beat",
    "Box",
    "BulkAct",
    "BulkRun",
    "CalendarDay",
    "CalendarLoad",
    "CalendarYear",
    "CannedReply",
    "Case",
    "CaseLink",
    "CaseTag",
    "Category",
    "Certificate",
    "Channel",
    "ChannelKind",
    "Clock",
    "CommendationEvent",
    "Company",
    "CompanyPart",
    "Complaint",
    "ComplaintAbout",
    "ComplaintAct",
    "ComplaintLevel",
    "ComplaintOutcome",
    "ComplaintRule",
    "ComplaintState",
    "ComplaintStep",
    "ConfirmedBy",
    "Conflict",
    "Consent",
    "ContactAttempt",
    "Corps",
    "Correction",
    "CorrectionState",
    "Counter",
    "Cycle",
    "CycleState",
    "Detachment",
    "DetachmentKind",
    "District",
    "DossierCorrection",
    "EntryKind",
    "EntryState",
    "Erasure",
    "Escalation",
    "Evaluation",
    "Event",
    "Expert",
    "ExpertPerson",
    "ExpertStatus",
    "ExpertTeam",
    "Feedback",
    "FileCheck",
    "Follow",
    "Grant",
    "Honour",
    "HonourState",
    "HoursEntry",
    "IdentityKind",
    "ImportedEntry",
    "ImportedRecord",
    "ImportedStatus",
    "Incoming",
    "IncomingKind",
    "IncomingStatus",
    "Invitation",
    "Job",
    "JobStatus",
    "KeepingRule",
    "LedgerCheck",
    "LeftOut",
    "LinkKind",
    "Mail",
    "MailKind",
    "MailStatus",
    "MailWish",
    "MailboxState",
    "Meeting",
    "Mention",
    "Message",
    "NationalSync",
    "News",
    "NewsChannel",
    "Nomination",
    "NominationState",
    "Note",
    "Notice",
    "Objection",
    "Offer",
    "OfferKind",
    "OfferMode",
    "OfferStatus",
    "Outage",
    "Outcome",
    "Paper",
    "PaperStatus",
    "Pause",
    "Presence",
    "PrintRun",
    "PrintRunItem",
    "PrintRunState",
    "PromiseTarget",
    "Publicity",
    "Recommendation",
    "RecordExport",
    "RecordImport",
    "RecordTerm",
    "Review",
    "Role",
    "Route",
    "RoutingEntry",
    "RoutingRule",
    "SavedView",
    "Scan",
    "Scheme",
    "SchemeKind",
    "SchemeVersion",
    "SendStatus",
    "Series",
    "SeriesCase",
    "SeriesState",
    "SeriesUnit",
    "SeriesWhy",
    "Sex",
    "Side",
    "SigningCertificate",
    "SizeClass",
    "Skill",
    "Statement",
    "Station",
    "StationHours",
    "StationKind",
    "Status",
    "Subject",
    "SyncState",
    "TableImport",
    "TableKind",
    "TableUpload",
    "Tally",
    "TargetVersion",
    "TeamMember",
    "Throttle",
    "Topic",
    "Training",
    "Transfer",
    "TransferStatus",
    "Unsent",
    "Urgency",
    "Visit",
    "VisitStatus",
    "WaitingOn",
    "Webhook",
    "WebhookDelivery",
]  # fmt: skip
