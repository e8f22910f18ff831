trigger SufflorEmailMessage on EmailMessage (after insert, after update, after delete) {
    SufflorEvents.mails(Trigger.operationType, Trigger.isDelete ? Trigger.old : Trigger.new, Trigger.oldMap);
}
