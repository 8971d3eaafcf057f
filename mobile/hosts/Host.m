// A program in Objective-C on the binding, for the compiler's eyes: it is checked
// against the generated header and never run.
#import "CPMobile.objc.h"

@interface Follower : NSObject <CPMobileListener>
@end

@implementation Follower
- (void)onChange:(CPMobileChange *)change {
    NSLog(@"%ld complaints moved", (long)[change.complaints len]);
}
- (void)onError:(long)code message:(NSString *)message {
    NSLog(@"sync ended: %ld %@", code, message);
}
- (void)onDone {
}
@end

static NSString *lodge(NSString *dir, NSError **error) {
    CPMobileOptions *options = [[CPMobileOptions alloc] init];
    options.dir = dir;
    options.server = @"https://portal.example";
    CPMobilePortal *portal = CPMobileOpen(options, error);
    if (portal == nil) {
        return nil;
    }
    CPMobileDraft *draft = [[CPMobileDraft alloc] init];
    draft.category = @"water.pipe";
    draft.district = @"swat";
    draft.text = @"The pipe in our street is broken.";
    CPMobileSubmission *submission = [[portal complaints] lodge:draft timeoutMillis:0 error:error];
    if (submission == nil) {
        CPMobileFailure *failure = CPMobileExplain(*error);
        NSLog(@"%ld: %@", (long)failure.code, [failure.fields get:0].pointer);
        return nil;
    }
    CPMobileJob *job = [[portal sync] start:[[Follower alloc] init] error:error];
    [job cancel];
    [portal close:error];
    return submission.complaint.id_;
}

int main(void) {
    NSError *error = nil;
    NSLog(@"%@", lodge(NSTemporaryDirectory(), &error));
    return error == nil ? 0 : 1;
}
