trigger SufflorCaseComment on CaseComment (after insert, after update, after delete) {
    SufflorEvents.comments(Trigger.operationType, Trigger.isDelete ? Trigger.old : Trigger.new, Trigger.oldMap);
}
