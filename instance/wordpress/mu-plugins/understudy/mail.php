<?php
/**
 * Mail. Prod sends none: it has nothing to say that it could also remember. Dev mails nobody outside: what it would
 * send goes to the platform's mail sink, or nowhere.
 */

defined('ABSPATH') || exit;

if (UNDERSTUDY_ENVIRONMENT === 'dev' && defined('UNDERSTUDY_SMTP')) {
    // Last, so that no mail plugin's settings, which came from the live site, win over it.
    add_action('phpmailer_init', static function ($mailer): void {
        $mailer->isSMTP();
        $mailer->Host = UNDERSTUDY_SMTP['host'];
        $mailer->Port = UNDERSTUDY_SMTP['port'];
        $mailer->SMTPAuth = false;
        $mailer->SMTPSecure = '';
        $mailer->SMTPAutoTLS = false;
        $mailer->Timeout = 5;
    }, PHP_INT_MAX);
} else {
    add_filter('pre_wp_mail', static function ($sent, $mail) {
        if (UNDERSTUDY_ENVIRONMENT === 'dev') {
            $to = implode(', ', (array) $mail['to']);
            error_log("understudy: dev sends no mail; dropped \"{$mail['subject']}\" to $to");
        }
        // Not false: the caller would tell people that the server is broken.
        return true;
    }, PHP_INT_MAX, 2);
}
